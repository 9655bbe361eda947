import type { HostArray } from '@univ/nn'

/** An array in an engine's memory that the engine takes as a feed: state without a way to the host and back. */
export interface HeldArray extends Pick<HostArray, 'shape' | 'dtype'> {
  /** The engine's own tensor. */
  readonly tensor: unknown
  /** Copies the numbers to the host. */
  read(): Promise<HostArray>
  /** Frees the memory. Neither feed nor read the array afterwards. */
  release(): void
}

export const isHeld = (array: HostArray | HeldArray): array is HeldArray => 'release' in array
