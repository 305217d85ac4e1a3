/** What time it is, ms; tests set another. */
export interface Clock {
  now(): number
}
