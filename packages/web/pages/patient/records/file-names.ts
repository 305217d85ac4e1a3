/** Files of several people may lie in one folder: each says whose records are in it. */
export const fileOf = (who: string, name: string): string => {
  const own = name.replace(/^my-/, "")
  return who === "" ? own : `${who}-${own}`
}
