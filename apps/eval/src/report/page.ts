// The shell of the reports is shared with the other apps; this app's pages take it from here.
export type { Picture, Section, Tile } from '@univ/report'
export { escapeHtml, htmlTable, notices, page, pictureGrid, tiles } from '@univ/report'
