/**
 * What was probably meant: the known word that differs least from the given one, in at most a third of its letters;
 * capitals count little.
 */
export function meant(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const word of known) {
    const [typed, there] = [given.toLowerCase(), word.toLowerCase()]
    const isBeginning = given.length >= 2 && there.startsWith(typed)
    const changes = (isBeginning ? 0 : distance(typed, there)) + distance(given, word) / 1_000
    if (changes < least) [best, least] = [word, changes]
  }
  return best
}

/** Letters to put in, to take out, to replace, or to swap with the next (Damerau-Levenshtein, restricted). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      row[j] = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1)
    }
    rows.push(row)
  }
  return rows[a.length][b.length]
}
