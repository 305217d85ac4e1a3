import { hash } from "node:crypto"
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { gzipSync } from "node:zlib"
import { below, nameOf, type Say } from "./archive.ts"
import { debianRoot } from "./debian.ts"
import type { Facts } from "./facts.ts"
import { tar } from "./tar.ts"
import { type Entry, textOf } from "./tree.ts"

/** Nobody else's number on the host. */
const USER = 10_001
const HOME = "/var/lib/aceso"

interface Place {
  readonly work: string
  readonly out: string
  readonly say: Say
}

interface Blob {
  readonly digest: string
  readonly size: number
  readonly body: Uint8Array
}

const blobOf = (body: Uint8Array): Blob => ({
  digest: `sha256:${hash("sha256", body)}`,
  size: body.length,
  body,
})

const jsonBlob = (value: unknown): Blob => blobOf(Buffer.from(JSON.stringify(value)))

interface Layer {
  readonly blob: Blob
  /** Digest of what was packed. */
  readonly diffId: string
}

function layerOf(entries: readonly Entry[], time: number): Layer {
  const plain = Buffer.concat([...tar(entries, time)])
  return { blob: blobOf(gzipSync(plain)), diffId: `sha256:${hash("sha256", plain)}` }
}

/**
 * `aceso-<version>-linux-<arch>.oci.tar`: an OCI layout, with the list beside it that older `docker load` reads. Debian's
 * packages are the lower layer, the release the upper one.
 */
export async function writeImage(entries: readonly Entry[], facts: Facts, place: Place): Promise<string> {
  const { version, arch, debianArch, time, commit } = facts
  const debian = debianRoot(place.work, place.say)
  for (const line of debian.packages) place.say(`  ${line}`)
  place.say("packing the image")
  const layers = [layerOf(debian.entries, time), layerOf(own(entries), time)]
  const created = new Date(time * 1000).toISOString()
  const config = jsonBlob({
    created,
    architecture: debianArch,
    os: "linux",
    config: {
      User: `${USER}:${USER}`,
      // No shell: Node itself is what starts.
      Entrypoint: [`/opt/aceso/node_modules/node-linux-${arch}/bin/node`, "/opt/aceso/packages/cli/aceso.js"],
      Cmd: ["up", "--folder", HOME],
      Env: ["PATH=/opt/aceso/bin", `HOME=${HOME}`],
      Volumes: { [HOME]: {} },
      WorkingDir: HOME,
      StopSignal: "SIGTERM",
      Labels: {
        "org.opencontainers.image.title": "aceso",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "aceso.debian-packages": debian.packages.join("\n"),
      },
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: [
      { created, created_by: "Debian's packages, unpacked" },
      { created, created_by: `aceso ${version}` },
    ],
  })
  const said = ({ digest, size }: Blob, mediaType: string) => ({ mediaType, digest, size })
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: said(config, "application/vnd.oci.image.config.v1+json"),
    layers: layers.map(({ blob }) => said(blob, "application/vnd.oci.image.layer.v1.tar+gzip")),
  })
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...said(manifest, "application/vnd.oci.image.manifest.v1+json"),
        platform: { architecture: debianArch, os: "linux" },
        annotations: {
          "org.opencontainers.image.ref.name": version,
          "io.containerd.image.name": `docker.io/library/aceso:${version}`,
        },
      },
    ],
  }
  const pathOf = ({ digest }: Blob) => `blobs/${digest.replace(":", "/")}`
  const blobs = [config, manifest, ...layers.map(({ blob }) => blob)]
  const files: Entry[] = [
    textOf("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
    textOf("index.json", JSON.stringify(index)),
    textOf(
      "manifest.json",
      JSON.stringify([
        {
          Config: pathOf(config),
          RepoTags: [`aceso:${version}`],
          Layers: layers.map(({ blob }) => pathOf(blob)),
        },
      ]),
    ),
    ...blobs.map((blob): Entry => ({ path: pathOf(blob), mode: 0o644, body: () => blob.body })),
  ]
  const path = join(place.out, `${nameOf(facts)}.oci.tar`)
  await pipeline(Readable.from(tar(files, time)), createWriteStream(path))
  return path
}

const own = (entries: readonly Entry[]): Entry[] => [
  ...below(entries, "opt/aceso"),
  textOf("etc/passwd", `root:x:0:0:root:/:/nologin\naceso:x:${USER}:${USER}::${HOME}:/nologin\n`),
  textOf("etc/group", `root:x:0:\naceso:x:${USER}:\n`),
  textOf("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
  { path: "tmp", mode: 0o1777, isFolder: true },
  { path: HOME.slice(1), mode: 0o700, isFolder: true, owner: USER },
]
