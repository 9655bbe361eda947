import sharp from 'sharp'
import { inspect } from './inspect'

// One thread a worker: libvips' own pool would fight with the other workers for the same cores.
sharp.concurrency(1)
sharp.cache(false)

export default inspect
