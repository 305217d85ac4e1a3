/** Lets the browser save bytes, or a text, as a file. @param name of others too: what no name of a file has is left out */
export function saveFile(name: string, content: Uint8Array | string): void {
  // Whatever it is, it is saved and never shown as a page of this origin.
  const url = URL.createObjectURL(
    new Blob([typeof content === "string" ? content : new Uint8Array(content)], {
      type: "application/octet-stream",
    }),
  )
  const link = document.createElement("a")
  link.href = url
  link.download = fileName(name)
  link.click()
  // The download has begun by then, or never will.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

const MAX_NAME = 100

/** @returns letters, numbers and marks of any script, without what leads elsewhere or hides an ending */
export function fileName(name: string): string {
  const kept = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N}\p{M} ._()-]+/gu, "-")
    .replace(/^[.\s-]+|[.\s-]+$/g, "")
  return Array.from(kept).slice(-MAX_NAME).join("") || "file"
}
