/** As the node takes them (client/enrolment-schemas.ts), with some room. */
const MAX_BYTES = 240 * 1024
const MAX_SIDE = 800
const QUALITIES = [0.85, 0.7, 0.5, 0.3]

/**
 * A picture as a small JPEG, with nothing of what a camera wrote beside it, such as the place.
 * @throws DOMException, Error where it is no picture, or cannot be made small enough
 */
export async function smallPhoto(file: Blob): Promise<{ readonly bytes: Uint8Array; readonly url: string }> {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  for (const quality of QUALITIES) {
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality))
    if (blob && blob.size <= MAX_BYTES)
      return { bytes: new Uint8Array(await blob.arrayBuffer()), url: URL.createObjectURL(blob) }
  }
  throw new Error("the picture cannot be made small enough")
}
