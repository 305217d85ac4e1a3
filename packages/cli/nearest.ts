/** How many letters have to be put in, left out or changed to make one word of another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}

/** The word that whoever typed this most likely meant; capitals count little. */
export function nearest(typed: string, words: readonly string[]): string {
  const far = (word: string) =>
    distance(typed.toLowerCase(), word.toLowerCase()) + (typed === word ? 0 : distance(typed, word) / 100)
  return words.reduce((best, word) => (far(word) < far(best) ? word : best))
}
