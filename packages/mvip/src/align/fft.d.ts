// fft.js ships no types. Complex arrays are interleaved: re, im, re, im, …
declare module 'fft.js' {
  class FFT {
    constructor(size: number)
    createComplexArray(): number[]
    transform(out: number[], data: number[]): void
    inverseTransform(out: number[], data: number[]): void
  }
  export = FFT
}
