/**
 * Limits against files made to exhaust memory. Each is far above what a real checkpoint needs (the pickle of
 * a 12-block ViT has 20 kB, a safetensors header 30 kB) and bounds what a hostile one can take.
 */

/** Bytes of one pickle stream. */
export const maxPickleBytes = 32 * 2 ** 20

/** Dicts, lists and tuples that one pickle may make: a one-byte opcode makes an object of some 100 bytes. */
export const maxContainers = 2 ** 20

/** Entries on a pickle's stack. */
export const maxStack = 2 ** 21

/** Nesting of dicts and lists. */
export const maxDepth = 64

/** Values visited while naming tensors: shared dicts may fold an exponential tree into a short pickle. */
export const maxVisits = 2 ** 18

/** Characters of one tensor's dotted name. */
export const maxNameLength = 1024

/** Dimensions of a tensor. */
export const maxRank = 32

/** Bytes of a safetensors header (the reference implementation stops at 100 MB). */
export const maxHeaderBytes = 32 * 2 ** 20

/** Bytes of a zip's central directory. */
export const maxDirectoryBytes = 64 * 2 ** 20

/**
 * Bytes that a file of `size` bytes may become in memory. Tied weights, halves widened to float32 and
 * compressed entries multiply a file a few times; a one-element storage expanded to 10¹² does not pass.
 */
export function maxMemory(size: number): number {
  return Math.max(64 * 2 ** 20, 16 * size)
}
