import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { PathProblem } from './folder'
import type { Layout } from './layout'
import { layouts, listSamples } from './layouts'

const temporary = mkdtempSync(join(tmpdir(), 'univ-layouts-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))
let made = 0

/** A folder with these files; the content matters only where it is given. */
function folderOf(files: readonly (string | readonly [string, string])[], name = 'set'): string {
  const root = join(temporary, String(made++), name)
  mkdirSync(root, { recursive: true })
  for (const file of files) {
    const [path, content] = typeof file === 'string' ? [file, 'x'] : file
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

function listed(root: string, options: { layout?: string; more?: readonly Layout[] } = {}) {
  const problems: PathProblem[] = []
  const { layout, samples } = listSamples(root, {
    ...options,
    onProblem: (problem) => problems.push(problem),
  })
  return { layout, samples: [...samples()], problems }
}

const cases: readonly {
  readonly layout: string
  readonly files: readonly (string | readonly [string, string])[]
  readonly samples: readonly object[]
  readonly problems?: readonly PathProblem[]
}[] = [
  {
    layout: 'mvip',
    files: [
      'KAIST_MMSEG/vi_images/training/a.jpg',
      'KAIST_MMSEG/images/training/a.png',
      'LLVIP/vi_images/training/a.jpg',
      'LLVIP/images/training/a.jpg',
      'LLVIP/images/training/Thumbs.db',
    ],
    samples: [
      {
        stem: 'a',
        source: 'KAIST_MMSEG',
        vi: { path: 'KAIST_MMSEG/vi_images/training/a.jpg' },
        ir: { path: 'KAIST_MMSEG/images/training/a.png' },
      },
      { stem: 'a', source: 'LLVIP' },
    ],
  },
  {
    layout: 'flir-aligned',
    files: [
      'align/JPEGImages/FLIR_00002_RGB.jpg',
      'align/JPEGImages/FLIR_00002_PreviewData.jpeg',
      'align/JPEGImages/FLIR_00003_RGB.jpg',
      'align/Annotations/FLIR_00002_PreviewData.xml',
      ['align/align_train.txt', 'FLIR_00002_PreviewData\n'],
    ],
    samples: [
      {
        stem: 'FLIR_00002',
        split: 'train',
        vi: { path: 'align/JPEGImages/FLIR_00002_RGB.jpg' },
        ir: { path: 'align/JPEGImages/FLIR_00002_PreviewData.jpeg' },
        annotations: [{ kind: 'voc', path: 'align/Annotations/FLIR_00002_PreviewData.xml', of: 'ir' }],
      },
    ],
    problems: [
      {
        path: 'align/JPEGImages/FLIR_00003_RGB.jpg',
        problem: "no infrared image 'FLIR_00003' in align/JPEGImages",
      },
    ],
  },
  {
    layout: 'kaist', // as published: videos' vbb files, and XML of the frames
    files: [
      'images/set00/V000/visible/I00007.jpg',
      'images/set00/V000/lwir/I00007.jpg',
      'annotations/set00/V000.vbb',
      'annotations-xml-new/set00/V000/I00007.xml',
    ],
    samples: [{ annotations: [{ kind: 'voc', path: 'annotations-xml-new/set00/V000/I00007.xml' }] }],
    problems: [],
  },
  {
    layout: 'kaist',
    files: [
      'set00/V000/visible/I00007.jpg',
      'set00/V000/lwir/I00007.jpg',
      'annotations/set00/V000/I00007.txt',
      'annotations-xml-new/set00/V000/I00007.xml',
      'set09/V001/visible/I00001.jpg',
      'set09/V001/lwir/I00001.jpg',
    ],
    samples: [
      {
        stem: 'set00/V000/I00007',
        sequence: 'set00/V000',
        frame: 7,
        split: 'train',
        time: 'day',
        annotations: [{ kind: 'kaist', path: 'annotations/set00/V000/I00007.txt' }],
      },
      { stem: 'set09/V001/I00001', sequence: 'set09/V001', split: 'test', time: 'night' },
    ],
  },
  {
    layout: 'lasher',
    files: [
      'trainingset/boy/visible/v1000.jpg',
      'trainingset/boy/visible/v999.jpg',
      'trainingset/boy/infrared/i1000.jpg',
      'trainingset/boy/infrared/i999.jpg',
      'trainingset/boy/visible.txt',
    ],
    samples: [
      {
        stem: 'trainingset/boy/999',
        sequence: 'trainingset/boy',
        frame: 999,
        split: 'train',
        vi: { path: 'trainingset/boy/visible/v999.jpg' },
        ir: { path: 'trainingset/boy/infrared/i999.jpg' },
        annotations: [{ kind: 'track', path: 'trainingset/boy/visible.txt', of: 'vi' }],
      },
      { frame: 1000 },
    ],
    problems: [
      {
        path: 'trainingset/boy/infrared.txt',
        problem: 'missing: the sequence has no boxes for this modality',
      },
    ],
  },
  {
    layout: 'llvip',
    files: [
      'visible/train/010001.jpg',
      'infrared/train/010001.jpg',
      'visible/test/190007.jpg',
      'infrared/test/190007.jpg',
      'Annotations/010001.xml',
      'Annotations/999999.xml',
    ],
    samples: [
      {
        stem: 'train/010001',
        sequence: 'place-01',
        frame: 1,
        split: 'train',
        annotations: [{ kind: 'voc', path: 'Annotations/010001.xml' }],
      },
      { stem: 'test/190007', sequence: 'place-19', frame: 7, split: 'test' },
    ],
    problems: [{ path: 'Annotations/999999.xml', problem: "annotates no image '999999'" }],
  },
  {
    layout: 'drone-vehicle',
    files: [
      'train/trainimg/00001.jpg',
      'train/trainimgr/00001.jpg',
      'train/trainlabel/00001.xml',
      'train/trainlabelr/00001.xml',
      'train/trainlabelr/00002.xml',
      'valimg/00001.jpg',
      'valimgr/00001.jpg',
    ],
    samples: [
      {
        stem: 'train/00001',
        split: 'train',
        vi: { path: 'train/trainimg/00001.jpg', border: 100 },
        ir: { path: 'train/trainimgr/00001.jpg', border: 100 },
        annotations: [
          { kind: 'voc-oriented', path: 'train/trainlabel/00001.xml', of: 'vi' },
          { kind: 'voc-oriented', path: 'train/trainlabelr/00001.xml', of: 'ir' },
        ],
      },
      { stem: 'val/00001', split: 'val' },
    ],
    problems: [{ path: 'train/trainlabelr/00002.xml', problem: "annotates no image '00002'" }],
  },
  {
    layout: 'msrs',
    files: [
      'train/vi/00001D.png',
      'train/ir/00001D.png',
      'train/Segmentation_labels/00001D.png',
      'test/vi/00002N.png',
      'test/ir/00002N.png',
      'detection/labels/00002N.txt',
    ],
    samples: [
      {
        stem: 'train/00001D',
        split: 'train',
        time: 'day',
        annotations: [{ kind: 'label-map', path: 'train/Segmentation_labels/00001D.png' }],
      },
      {
        stem: 'test/00002N',
        split: 'test',
        time: 'night',
        annotations: [{ kind: 'yolo', path: 'detection/labels/00002N.txt' }],
      },
    ],
  },
  {
    layout: 'mfnet',
    files: [
      'images/01606D.png',
      'images/01606D_flip.png',
      'images/01607N.png',
      'images/01608N.png',
      'labels/01606D.png',
      ['train.txt', '01606D\n01606D_flip\n'],
      ['test.txt', '01607N\n'],
      ['black_list.txt', '01608N\n'],
    ],
    samples: [
      {
        stem: '01606D',
        vi: { path: 'images/01606D.png' },
        ir: { path: 'images/01606D.png', channels: 'alpha' },
        split: 'train',
        time: 'day',
        annotations: [{ kind: 'label-map', path: 'labels/01606D.png' }],
      },
      { stem: '01607N', split: 'test', time: 'night' },
    ],
    problems: [
      { path: 'images/01606D_flip.png', problem: 'a copy of another image' },
      { path: 'images/01608N.png', problem: 'listed in black_list.txt' },
    ],
  },
  {
    layout: 'm3fd',
    files: ['Vis/00000.png', 'Ir/00000.png', 'Annotation/00000.xml'],
    samples: [{ stem: '00000', annotations: [{ kind: 'voc', path: 'Annotation/00000.xml' }] }],
  },
  {
    layout: 'm3fd',
    files: ['vi/00000.png', 'ir/00000.png', 'labels/00000.txt', ['meta/val.txt', '00000.png\n']],
    samples: [{ stem: '00000', split: 'val', annotations: [{ kind: 'yolo', path: 'labels/00000.txt' }] }],
  },
  {
    layout: 'fmb',
    files: [
      'train/Infrared/00123.png',
      'train/Visible/00123.png',
      'train/Label/00123.png',
      'train/color/00123.png',
    ],
    samples: [{ stem: 'train/00123', annotations: [{ kind: 'label-map', path: 'train/Label/00123.png' }] }],
  },
  {
    layout: 'pst900',
    files: [
      'train/rgb/1.png',
      'train/thermal/1.png',
      'train/thermal_raw/1.png',
      'train/labels/1.png',
      'test/rgb/2.png',
      'test/thermal_raw/2.png',
    ],
    samples: [
      { stem: 'train/1', ir: { path: 'train/thermal/1.png' }, split: 'train' },
      { stem: 'test/2', ir: { path: 'test/thermal_raw/2.png' }, split: 'test' },
    ],
  },
  {
    layout: 'soda',
    files: [
      'InfraredSemanticLabel/JPEGImages/SODA1.jpg',
      'InfraredSemanticLabel/JPEGImages/SODA1(1).jpg',
      'InfraredSemanticLabel/SegmentationClassPNG/SODA1.png',
      'InfraredSemanticLabel/SegmentationClassOne/SODA1.png',
      ['train_infrared.txt', 'SODA1.jpg\n'],
    ],
    samples: [
      {
        stem: 'SODA1',
        ir: { path: 'InfraredSemanticLabel/JPEGImages/SODA1.jpg' },
        split: 'train',
        annotations: [{ kind: 'label-map', path: 'InfraredSemanticLabel/SegmentationClassOne/SODA1.png' }],
      },
    ],
    problems: [{ path: 'InfraredSemanticLabel/JPEGImages/SODA1(1).jpg', problem: 'a copy of another image' }],
  },
  {
    layout: 'scut-seg',
    files: ['images/a.jpg', 'gt_instance/a.png', ['scut_val.txt', 'images/a.jpg gt_instance/a.png\n']],
    samples: [
      { stem: 'a', split: 'val', annotations: [{ kind: 'instance-map', path: 'gt_instance/a.png' }] },
    ],
  },
  {
    layout: 'roadscene',
    files: [
      'crop_LR_visible/FLIR_1.jpg',
      'crop_LR_visible/Thumbs.db',
      'crop_HR_visible/FLIR_1.jpg',
      'cropinfrared/FLIR_1.jpg',
      'infrared/FLIR_1.png',
    ],
    samples: [
      {
        stem: 'FLIR_1',
        vi: { path: 'crop_LR_visible/FLIR_1.jpg' },
        ir: { path: 'cropinfrared/FLIR_1.jpg' },
      },
    ],
  },
  {
    layout: 'tno',
    files: ['tno/vi/01.png', 'tno/ir/01.png', ['tno/meta/pred.txt', '01.png\n']],
    samples: [{ stem: '01', split: 'test', vi: { path: 'tno/vi/01.png' } }],
  },
  {
    layout: 'camvid',
    files: [
      'train/images/0001TP_006690.png',
      'train/labels/0001TP_006690_L.png',
      'val/images/x.png',
      'val/labels/x.png',
    ],
    samples: [
      {
        stem: 'train/0001TP_006690',
        sequence: '0001TP',
        frame: 6690,
        annotations: [{ kind: 'label-map', path: 'train/labels/0001TP_006690_L.png' }],
      },
      { stem: 'val/x', split: 'val' },
    ],
  },
  {
    layout: 'camvid',
    files: ['train/0016E5_00390.png', 'trainannot/0016E5_00390.png'],
    samples: [{ stem: 'train/0016E5_00390', sequence: '0016E5' }],
  },
  {
    layout: 'ade20k',
    files: ['images/training/a/abbey/1.jpg', 'annotations/training/a/abbey/1.png', 'images/validation/2.jpg'],
    samples: [
      {
        stem: 'training/a/abbey/1',
        split: 'train',
        annotations: [{ kind: 'label-map', path: 'annotations/training/a/abbey/1.png' }],
      },
      { stem: 'validation/2', split: 'val' },
    ],
    problems: [{ path: 'images/validation/2.jpg', problem: 'no label map annotations/validation/2.png' }],
  },
  {
    layout: 'coco',
    files: ['annotations/instances_val2017.json', 'val2017/000001.jpg'],
    samples: [
      {
        stem: 'val2017/000001',
        split: 'val',
        annotations: [{ kind: 'coco', path: 'annotations/instances_val2017.json' }],
      },
    ],
  },
  {
    layout: 'coco',
    files: ['train/_annotations.coco.json', 'train/a.jpg'],
    samples: [{ stem: 'train/a', split: 'train' }],
  },
  {
    layout: 'folders',
    files: [
      'vi/00001D.jpg',
      'ir/00001D.png',
      'vi/b.jpg',
      'labels/00001D.png',
      ['boxes/00001D.txt', ''],
      ['val.txt', '00001D\n'],
    ],
    samples: [
      {
        stem: '00001D',
        split: 'val',
        time: 'day',
        annotations: [
          { kind: 'label-map', path: 'labels/00001D.png' },
          { kind: 'yolo', path: 'boxes/00001D.txt' },
        ],
      },
    ],
    problems: [{ path: 'vi/b.jpg', problem: "no infrared image 'b' in ir" }],
  },
  {
    layout: 'benchmark',
    files: [
      'truth.jsonl',
      'vi/park-00004_0003N.png',
      'ir/park-00004_0003N.png',
      'labels/park-00004_0003N.png',
    ],
    samples: [{ stem: 'park-00004_0003N', sequence: 'park-00004', frame: 3, time: 'night' }],
  },
  {
    layout: 'folders',
    files: ['thermal/1.png'],
    samples: [{ stem: '1', ir: { path: 'thermal/1.png' } }],
  },
]

describe('layouts', () => {
  it.each(cases)('recognise and list $layout', ({ layout, files, samples, problems = [] }) => {
    const found = listed(folderOf(files))
    expect(found.layout).toBe(layout)
    expect(found.samples).toHaveLength(samples.length)
    expect(found.samples).toMatchObject(samples)
    expect(found.problems).toEqual(problems)
  })

  it('have every one a case here, and names of their own', () => {
    expect(new Set(cases.map(({ layout }) => layout))).toEqual(new Set(layouts.map(({ name }) => name)))
    expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length)
  })

  it('say what was looked for where none fits, or where the named one does not', () => {
    const root = folderOf(['pictures/a.jpg'])
    expect(() => listed(root)).toThrow(/fits no known layout[\s\S]*kaist: [\s\S]*setNN/)
    expect(() => listed(root, { layout: 'llvip' })).toThrow(/is no 'llvip' set: looked for \{visible/)
    expect(() => listed(root, { layout: 'nonsense' })).toThrow(/no layout 'nonsense'; there are auto, mvip/)
    expect(() => listed(join(root, 'pictures', 'a.jpg'))).toThrow(/is a file/)
  })

  it('take a caller’s own', () => {
    const mine: Layout = {
      name: 'mine',
      looksFor: 'day/ and heat/',
      recognises: (folder) => folder.has('day', 'heat'),
      *list(folder) {
        for (const name of folder.files('day', new Set(['.jpg'])))
          yield { stem: name, vi: { path: `day/${name}` }, ir: { path: `heat/${name}` } }
      },
    }
    const found = listed(folderOf(['day/a.jpg', 'heat/a.jpg']), { more: [mine] })
    expect(found).toMatchObject({ layout: 'mine', samples: [{ stem: 'a.jpg' }], problems: [] })
  })
})

describe('odd folders', () => {
  it('report empty files, links in circles, dead links, names that are not UTF-8 and equal stems', () => {
    const root = folderOf(['vi/a.jpg', 'ir/a.jpg', ['vi/b.jpg', ''], 'ir/b.jpg', 'ir/a.png'])
    symlinkSync('loop.jpg', join(root, 'vi', 'loop.jpg'))
    symlinkSync('nowhere.jpg', join(root, 'vi', 'dead.jpg'))
    writeFileSync(
      Buffer.concat([Buffer.from(join(root, 'vi/')), Buffer.from([0x66, 0xe9, 0x2e, 0x6a, 0x70, 0x67])]),
      'x',
    )
    const { samples, problems } = listed(root)
    expect(samples.map(({ stem }) => stem)).toEqual(['a'])
    expect(problems).toHaveLength(6)
    expect(problems).toEqual(
      expect.arrayContaining([
        { path: 'vi/b.jpg', problem: 'empty file' },
        { path: 'vi/loop.jpg', problem: 'a symbolic link that leads in a circle' },
        { path: 'vi/dead.jpg', problem: 'a symbolic link that leads nowhere' },
        { path: 'vi/f\ufffd.jpg', problem: 'its name is not UTF-8: rename it' },
        { path: 'ir/a.png', problem: 'shares its stem with ir/a.jpg, which is used' },
        { path: 'ir/b.jpg', problem: "no visible image 'b' in vi" },
      ]),
    )
  })

  it('follow no folder back into itself', () => {
    const root = folderOf(['images/training/a/1.jpg', 'annotations/training/a/1.png'])
    symlinkSync('..', join(root, 'images', 'training', 'a', 'up'))
    const { samples, problems } = listed(root)
    expect(samples).toHaveLength(1)
    expect(problems).toEqual([
      { path: 'images/training/a/up', problem: 'a symbolic link that leads in a circle' },
    ])
  })

  it('give names in the same order on every machine', () => {
    const root = folderOf(['vi/b.jpg', 'vi/B.jpg', 'vi/a10.jpg', 'vi/a9.jpg'])
    expect(listed(root).samples.map(({ stem }) => stem)).toEqual(['B', 'a10', 'a9', 'b'])
  })
})
