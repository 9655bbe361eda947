import type { Folder } from './folder'
import type { Layout } from './layout'
import { pairFolders } from './match'

const visible = (folder: Folder) => folder.pick('', 'crop_LR_visible', 'crop_HR_visible')

/** RoadScene as released: the low-resolution visible images are those cut to the infrared ones' size. */
export const roadscene: Layout = {
  name: 'roadscene',
  looksFor: 'crop_LR_visible/ or crop_HR_visible/ + cropinfrared/',
  recognises: (folder) => folder.has('cropinfrared') && visible(folder) !== undefined,
  list: (folder) => pairFolders(folder, visible(folder) ?? 'crop_LR_visible', 'cropinfrared'),
}
