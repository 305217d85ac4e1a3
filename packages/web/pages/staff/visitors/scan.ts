/** Larger pictures are made smaller first: a code needs no more, and reading it takes a while. */
const MAX_SIDE = 1600
const CAMERA_SIDE = 800

interface Drawable {
  readonly source: CanvasImageSource
  readonly width: number
  readonly height: number
}

/** The bytes of the code in a picture; undefined: there is none that can be read. The reader is loaded when it is needed. */
async function codeIn({ source, width, height }: Drawable, most: number): Promise<Uint8Array | undefined> {
  if (width === 0 || height === 0) return undefined
  const scale = Math.min(1, most / Math.max(width, height))
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const context = new OffscreenCanvas(w, h).getContext("2d", { willReadFrequently: true })
  if (!context) return undefined
  context.drawImage(source, 0, 0, w, h)
  const { default: read } = await import("jsqr")
  const found = read(context.getImageData(0, 0, w, h).data, w, h)
  return found && found.binaryData.length > 0 ? Uint8Array.from(found.binaryData) : undefined
}

export async function codeInPicture(picture: Blob): Promise<Uint8Array | undefined> {
  const bitmap = await createImageBitmap(picture)
  try {
    return await codeIn({ source: bitmap, width: bitmap.width, height: bitmap.height }, MAX_SIDE)
  } finally {
    bitmap.close()
  }
}

export const codeInVideo = (video: HTMLVideoElement): Promise<Uint8Array | undefined> =>
  codeIn({ source: video, width: video.videoWidth, height: video.videoHeight }, CAMERA_SIDE)
