// The shell of the reports is shared with the other apps; this app's pages take it from here.
export type { Table } from '@univ/report'
export { textTable } from '@univ/report'
