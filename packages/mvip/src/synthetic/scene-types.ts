/** Pixel classes of MSRS and MFNet, by id. */
export const msrsClasses = [
  'unlabelled',
  'car',
  'person',
  'bike',
  'curve',
  'car_stop',
  'guardrail',
  'color_cone',
  'bump',
] as const
export type MsrsClass = (typeof msrsClasses)[number]

export const weathers = ['clear', 'overcast', 'rain', 'fog', 'snow'] as const
export type Weather = (typeof weathers)[number]

/** Least and most, both included. */
export type Range = readonly [number, number]

/** What stands in a kind of place: how many of each, and how the ground lies. */
export interface SceneType {
  /** Height of the horizon, as a share from above. */
  readonly horizon: Range
  /** Width of the road at the lower edge; 0 = none. */
  readonly road: number
  readonly ground: 'grass' | 'stone' | 'sand'
  readonly counts: Readonly<Record<'building' | 'tree' | 'lamp', Range> & Partial<Record<MsrsClass, Range>>>
  /** Closed above: no sky. */
  readonly roof?: boolean
}

/** Ten kinds of places. */
export const sceneTypes = {
  street: {
    horizon: [0.38, 0.48],
    road: 0.9,
    ground: 'stone',
    counts: {
      building: [3, 6],
      tree: [0, 3],
      lamp: [1, 3],
      car: [1, 4],
      person: [1, 4],
      bike: [0, 2],
      curve: [1, 2],
    },
  },
  crossing: {
    horizon: [0.4, 0.5],
    road: 1.4,
    ground: 'stone',
    counts: {
      building: [2, 5],
      tree: [0, 2],
      lamp: [2, 4],
      car: [2, 5],
      person: [2, 6],
      bike: [1, 3],
      car_stop: [0, 3],
    },
  },
  highway: {
    horizon: [0.34, 0.42],
    road: 1.6,
    ground: 'grass',
    counts: { building: [0, 1], tree: [1, 5], lamp: [0, 3], car: [2, 6], guardrail: [1, 2] },
  },
  'car-park': {
    horizon: [0.3, 0.4],
    road: 1.8,
    ground: 'stone',
    counts: { building: [1, 3], tree: [0, 3], lamp: [1, 3], car: [4, 8], person: [0, 3], car_stop: [2, 5] },
  },
  park: {
    horizon: [0.38, 0.5],
    road: 0.4,
    ground: 'grass',
    counts: { building: [0, 1], tree: [4, 8], lamp: [0, 2], person: [1, 5], bike: [0, 3] },
  },
  campus: {
    horizon: [0.36, 0.46],
    road: 0.6,
    ground: 'stone',
    counts: {
      building: [2, 4],
      tree: [2, 5],
      lamp: [1, 3],
      person: [2, 6],
      bike: [1, 4],
      car: [0, 2],
      bump: [0, 2],
    },
  },
  village: {
    horizon: [0.4, 0.5],
    road: 0.6,
    ground: 'grass',
    counts: { building: [1, 4], tree: [2, 5], lamp: [0, 1], car: [0, 2], person: [0, 3], bump: [0, 1] },
  },
  roadworks: {
    horizon: [0.36, 0.46],
    road: 1.1,
    ground: 'sand',
    counts: {
      building: [0, 3],
      tree: [0, 2],
      lamp: [0, 2],
      car: [1, 3],
      person: [1, 4],
      color_cone: [3, 8],
      guardrail: [0, 1],
    },
  },
  tunnel: {
    horizon: [0.44, 0.5],
    road: 1.5,
    ground: 'stone',
    roof: true,
    counts: { building: [0, 0], tree: [0, 0], lamp: [3, 6], car: [1, 4], guardrail: [1, 2], curve: [0, 1] },
  },
  beach: {
    horizon: [0.36, 0.46],
    road: 0,
    ground: 'sand',
    counts: { building: [0, 1], tree: [0, 2], lamp: [0, 1], person: [2, 7], bike: [0, 2] },
  },
} as const satisfies Record<string, SceneType>
export type SceneTypeName = keyof typeof sceneTypes
