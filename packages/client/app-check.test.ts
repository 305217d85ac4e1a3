import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { type Bytes, PlatformError, toHex, utf8 } from "@aceso/core"
import { appBuildBytes, appBuildOf } from "@aceso/core/app-build.ts"
import { type AppToCheck, checkApp } from "./app-check.ts"
import { shown } from "./app-policy.ts"
import type { AppStanding } from "./app-standing.ts"

const ORIGIN = "https://app.example"
const MEMBER = "https://node.hospital.example"
const POLICY =
  `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self' ${MEMBER}; ` +
  "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types aceso"
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css",
  json: "application/json",
}
const page = (script: string) => utf8(`<!doctype html><script type="module" src="/${script}"></script>`)
const BUILD = [
  { path: "app.html", body: page("assets/a-1.js") },
  { path: "assets/a-1.js", body: utf8("console.log('app')") },
  { path: "assets/a-1.css", body: utf8("p{color:red}") },
  { path: "portal.html", body: page("assets/a-1.js") },
]
const OTHER = [
  { path: "app.html", body: page("assets/a-2.js") },
  { path: "assets/a-2.js", body: utf8("console.log('another')") },
]
const ROOT = appBuildOf(BUILD).root

type Headed = Readonly<Record<string, string>>
type Answer = (accept: string, signal: AbortSignal, headers: Headed) => Response | Promise<Response>
type Site = Map<string, Answer>

function answer(path: string, body: Bytes, headers: Record<string, string> = {}): Answer {
  return (accept) => {
    const isPacked = accept !== "identity" && body.length > 0
    return new Response((isPacked ? gzipSync(body) : body) as BodyInit, {
      headers: {
        "content-type": TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        ...(isPacked && { "content-encoding": "gzip" }),
        ...headers,
      },
    })
  }
}

/** What an honest operator serves of a build. */
function siteOf(files: readonly { readonly path: string; readonly body: Bytes }[], list = files): Site {
  const site: Site = new Map()
  for (const { path, body } of files)
    if (path === "app.html") site.set("/", answer(path, body))
    else if (!path.endsWith(".html")) site.set(`/${path}`, answer(path, body))
  site.set("/build.json", answer("build.json", appBuildBytes(appBuildOf(list))))
  return site
}

const standing =
  (state: AppStanding["state"] = "released") =>
  async (root: Bytes): Promise<AppStanding> => ({
    state: toHex(root) === toHex(ROOT) ? state : "never",
    notes: [],
  })

function check(site: Site, more: Partial<AppToCheck> = {}) {
  return checkApp({
    origin: ORIGIN,
    page: "app",
    fetch: async (url, { headers = {}, signal }) =>
      (await site.get(url.slice(ORIGIN.length))?.(headers["Accept-Encoding"], signal, headers)) ??
      new Response("no", { status: 404 }),
    standing: standing(),
    mayTalkTo: async () => [MEMBER],
    limits: { partMs: 20, wholeMs: 60_000 },
    ...more,
  })
}
const said = ({ findings }: Awaited<ReturnType<typeof check>>) =>
  findings.map(({ kind, where, detail }) => `${kind} ${where}: ${detail}`)

const with_ = (path: string, given: Answer, site = siteOf(BUILD)): Site => site.set(path, given)
const without = (path: string, site = siteOf(BUILD)): Site => {
  site.delete(path)
  return site
}
const endless = () =>
  new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
  })
const PACK = { br: brotliCompressSync, deflate: deflateSync, zstd: zstdCompressSync } as const
const PACK_ALL = { ...PACK, gzip: gzipSync } as const
/** A frame that is skipped (RFC 8878, section 3.1.2). */
const SKIPPED = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7])
const packedAs = (encoding: string, body: Bytes) =>
  new Response(body as BodyInit, { headers: { "content-encoding": encoding } })
/** Comes to an end by the one who waits alone. */
const never: Answer = (_accept, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason))
  })
const stalled: Answer = (accept, signal, asked) => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(utf8("con"))
      signal.addEventListener("abort", () => controller.error(signal.reason))
    },
  })
  const { headers } = answer("a.js", utf8(""))(accept, signal, asked) as Response
  return new Response(body, { headers })
}

describe("an app that is what was released", () => {
  it("has no findings, and everything of it was compared", async () => {
    const found = await check(siteOf(BUILD))
    assert.deepEqual(said(found), [])
    assert.equal(toHex(found.root as Bytes), toHex(ROOT))
    assert.equal(found.files, 3)
    assert.deepEqual(found.notes, [`not served at ${ORIGIN}: portal.html`])
  })

  it("may come packed by all that browsers unpack", async () => {
    for (const encoding of ["br", "deflate", "zstd"] as const) {
      const site = siteOf(BUILD)
      for (const [path, given] of site)
        site.set(path, async (accept, signal, headers) => {
          const plain = (await given("identity", signal, headers)) as Response
          if (!accept.split(", ").includes(encoding)) return plain
          const body = PACK[encoding](new Uint8Array(await plain.arrayBuffer()))
          const packed = new Headers([...plain.headers, ["content-encoding", encoding]])
          return new Response(body as BodyInit, { headers: packed })
        })
      assert.deepEqual(said(await check(site)), [], encoding)
    }
  })

  it("may have a service worker that is listed", async () => {
    const build = [...BUILD, { path: "service-worker.js", body: utf8("self.skipWaiting()") }]
    assert.deepEqual(
      said(await check(siteOf(build), { standing: async () => ({ state: "released", notes: [] }) })),
      [],
    )
  })

  it("is a portal at a node", async () => {
    const site = siteOf(BUILD)
    site.delete("/")
    site.set(
      "/portal/",
      answer("portal.html", BUILD[3].body, { "content-security-policy": POLICY.replace(MEMBER, ORIGIN) }),
    )
    site.set(
      "/assets/a-1.js",
      answer("a.js", BUILD[1].body, { "content-security-policy": POLICY.replace(MEMBER, ORIGIN) }),
    )
    site.set(
      "/assets/a-1.css",
      answer("a.css", BUILD[2].body, { "content-security-policy": POLICY.replace(MEMBER, ORIGIN) }),
    )
    site.set(
      "/build.json",
      answer("build.json", appBuildBytes(appBuildOf(BUILD)), {
        "content-security-policy": POLICY.replace(MEMBER, ORIGIN),
      }),
    )
    assert.deepEqual(said(await check(site, { page: "portal" })), [])
    site.set("/portal/", answer("portal.html", BUILD[0].body))
    assert.ok(said(await check(site, { page: "portal" })).some((one) => one.includes("connect-src allows")))
  })
})

describe("an app that is not", () => {
  const differs = "it has other bytes than the build's file of this name"
  const flipped = BUILD[1].body.map((byte, i) => (i === 3 ? byte ^ 1 : byte))
  const TABLE: readonly (readonly [comment: string, site: Site, found: readonly (string | RegExp)[]])[] = [
    [
      "a script with another byte",
      with_("/assets/a-1.js", answer("a.js", flipped)),
      [`file_differs assets/a-1.js: ${differs}`],
    ],
    [
      "a script that is longer",
      with_("/assets/a-1.js", answer("a.js", utf8(`console.log('app')//`))),
      ["file_differs assets/a-1.js: it has more than 18 bytes"],
    ],
    [
      "a script that is shorter",
      with_("/assets/a-1.js", answer("a.js", utf8("console.log()"))),
      ["file_differs assets/a-1.js: it has 13 bytes, and the build has 18"],
    ],
    [
      "another page for whoever takes no gzip",
      with_("/", (accept, signal, headers) =>
        answer("app.html", accept !== "identity" ? BUILD[0].body : BUILD[0].body.map((byte) => byte ^ 1))(
          accept,
          signal,
          headers,
        ),
      ),
      ["file_differs app.html: unpacked it is another page than the build's"],
    ],
    [
      "a list of the release with other files",
      siteOf(OTHER, BUILD),
      [
        /^file_missing assets\/a-1.css and 1 more: it is answered with status 404/,
        /^file_differs app.html/,
        /^file_differs app.html: unpacked/,
        /^page_points_elsewhere app.html/,
      ],
    ],
    [
      "another build with its own list",
      siteOf(OTHER),
      [/^not_released [0-9a-f]{64}: no ballot released this build/],
    ],
    [
      "a file that is missing",
      without("/assets/a-1.css"),
      ["file_missing assets/a-1.css: it is answered with status 404"],
    ],
    ["no page", without("/"), ["file_missing app.html: it is answered with status 404"]],
    ["no list", without("/build.json"), ["file_missing build.json: it is answered with status 404"]],
    [
      "a list that is none",
      with_("/build.json", answer("build.json", utf8("{}"))),
      [/^bad_build build.json: build.json is no list of a build: root/],
    ],
    [
      "a list of somebody else's root",
      with_("/build.json", answer("build.json", appBuildBytes({ ...appBuildOf(OTHER), root: ROOT }))),
      [/^bad_build build.json: .*is not the one of its files/],
    ],
    [
      "a redirect to another place",
      with_("/", () => new Response(null, { status: 302, headers: { location: "https://evil.example/" } })),
      ["redirected app.html: it answers with a redirect to https://evil.example/"],
    ],
    [
      "a redirect by header",
      with_("/", answer("app.html", BUILD[0].body, { refresh: "0; url=https://evil.example" })),
      ["wrong_headers app.html: it comes with refresh, which no page needs"],
    ],
    [
      "a cookie",
      with_("/", answer("app.html", BUILD[0].body, { "set-cookie": "victim=1" })),
      ["wrong_headers app.html: it comes with set-cookie, which no page needs"],
    ],
    ...(
      [
        ["clear-site-data", '"storage"'],
        ["link", "<https://evil.example/x.js>; rel=preload; as=script"],
        ["speculation-rules", '"/rules.json"'],
        ["service-worker-allowed", "/"],
        ["access-control-allow-origin", "*"],
        ["reporting-endpoints", 'default="https://evil.example/"'],
        ["content-location", "/other"],
        ["x-sourcemap", "https://evil.example/map"],
        ["accept-ch", "Sec-CH-UA-Full-Version-List"],
      ] as const
    ).map(([name, value]): readonly [string, Site, string[]] => [
      `${name}, on which browsers act`,
      with_("/assets/a-1.js", answer("assets/a-1.js", BUILD[1].body, { [name]: value })),
      [`wrong_headers assets/a-1.js: it comes with ${name}, which no page needs`],
    ]),
    ...(
      [
        ["permissions-policy", "camera=*"],
        ["permissions-policy", 'geolocation=(self "https://evil.example")'],
        ["cross-origin-opener-policy", "unsafe-none"],
        ["referrer-policy", "unsafe-url"],
        ["alt-svc", 'h3="evil.example:443"'],
        ["alt-svc", 'h3=":443"; ma=86400'],
        ["alt-svc", 'h2=":8443"'],
        ["alt-svc", 'clear, h2=":8443"'],
      ] as const
    ).map(([name, value]): readonly [string, Site, string[]] => [
      `${name}: ${value}`,
      with_("/", answer("app.html", BUILD[0].body, { [name]: value })),
      [`wrong_headers app.html: ${name} is ${value}, which permits too much`],
    ]),
    [
      "a page whose address is told to others",
      with_("/", async (...asked) => {
        const { body, headers } = await answer("app.html", BUILD[0].body)(...asked)
        headers.delete("referrer-policy")
        return new Response(body, { headers })
      }),
      ["wrong_headers app.html: referrer-policy is missing"],
    ],
    [
      "somebody else who may read it",
      with_(
        "/",
        answer("app.html", BUILD[0].body, { "access-control-allow-origin": "https://evil.example" }),
      ),
      ["wrong_headers app.html: it comes with access-control-allow-origin, which no page needs"],
    ],
    [
      "that its own origin may read it",
      with_(
        "/",
        answer("app.html", BUILD[0].body, {
          "access-control-allow-origin": ORIGIN,
          "access-control-expose-headers": "date",
        }),
      ),
      [],
    ],
    [
      "what proxies add",
      with_(
        "/",
        answer("app.html", BUILD[0].body, {
          "x-request-id": "1",
          "alt-svc": "clear",
          "strict-transport-security": "max-age=31536000",
          "permissions-policy": "camera=(self), geolocation=()",
        }),
      ),
      [],
    ],
    [
      "an endless body",
      with_("/assets/a-1.js", () => new Response(endless())),
      ["file_differs assets/a-1.js: it has more than 18 bytes"],
    ],
    [
      "an endless list",
      with_("/build.json", () => new Response(endless())),
      ["file_differs build.json: it has more than 524288 bytes"],
    ],
    [
      "a small body that unpacks to a large one",
      with_(
        "/assets/a-1.js",
        () => new Response(gzipSync(new Uint8Array(500_000)), { headers: { "content-encoding": "gzip" } }),
      ),
      ["file_differs assets/a-1.js: it has more than 18 bytes"],
    ],
    [
      "a body that is not packed as it says",
      with_("/assets/a-1.js", () => new Response("console.log", { headers: { "content-encoding": "gzip" } })),
      ["file_differs assets/a-1.js: what came is said to be packed by gzip, and is not"],
    ],
    ...(["br", "deflate", "zstd"] as const).flatMap((encoding): (readonly [string, Site, string[]])[] => [
      [
        `a body that is not packed by ${encoding} as it says`,
        with_("/assets/a-1.js", () => packedAs(encoding, utf8("console.log"))),
        [`file_differs assets/a-1.js: what came is said to be packed by ${encoding}, and is not`],
      ],
      [
        `a small body that unpacks by ${encoding} to a large one`,
        with_("/assets/a-1.js", () => packedAs(encoding, PACK[encoding](new Uint8Array(500_000)))),
        ["file_differs assets/a-1.js: it has more than 18 bytes"],
      ],
    ]),
    // Chromium takes the first of two by gzip and both by zstd, Node the other way round (web/full/asking.test.ts).
    ...(["br", "deflate", "gzip", "zstd"] as const).flatMap((encoding) => {
      const [first, second] = ["console.l", "og('app')"].map((text) => PACK_ALL[encoding](utf8(text)))
      const whole = PACK_ALL[encoding](utf8("console.log('app')"))
      const nothing = PACK_ALL[encoding](utf8(""))
      const bodies: readonly (readonly [string, readonly Bytes[]])[] = [
        ["in two parts", [first, second]],
        ["with another part behind it", [whole, PACK_ALL[encoding](utf8("evil()"))]],
        ["with an empty part behind it", [whole, nothing]],
        ["with an empty part before it", [nothing, whole]],
        ["with bytes behind it", [whole, utf8("evil()")]],
        ["with a zero behind it", [whole, new Uint8Array(1)]],
        ...(encoding === "zstd"
          ? [
              ["with a part to skip before it", [SKIPPED, whole]] as const,
              ["and one behind", [whole, SKIPPED]] as const,
            ]
          : []),
      ]
      return bodies.map(([comment, parts]): readonly [string, Site, string[]] => [
        `packed by ${encoding} ${comment}`,
        with_("/assets/a-1.js", () => packedAs(encoding, new Uint8Array(Buffer.concat(parts)))),
        [
          `file_differs assets/a-1.js: behind or before what is packed by ${encoding} there is more, which browsers read otherwise`,
        ],
      ])
    }),
    ...["gzip, gzip", "gzip,br", "identity, gzip", "x-gzip", "gzip,", ""].map(
      (encoding): readonly [string, Site, string[]] => [
        `packed as "${encoding}"`,
        with_("/assets/a-1.js", () => packedAs(encoding, utf8("console.log('app')"))),
        [`wrong_headers assets/a-1.js: it is packed as ${shown(encoding)}, which nobody asked for`],
      ],
    ),
    ...(
      [
        ["another page for whoever says that a browser asks", "/", "Sec-Fetch-Dest", "document"],
        ["another page for whoever follows what the page says", "/", "Upgrade-Insecure-Requests", "1"],
        ["another page for the service worker that keeps it", "/", "Cache-Control", "max-age=0"],
        ["another script for pages", "/assets/a-1.js", "Sec-Fetch-Dest", "script"],
        ["another script for workers", "/assets/a-1.js", "Sec-Fetch-Dest", "worker"],
        ["another file for the service worker that keeps it", "/assets/a-1.css", "Sec-Fetch-Dest", "empty"],
        ["another style for a page", "/assets/a-1.css", "Sec-Fetch-Dest", "style"],
      ] as const
    ).map(([comment, path, name, value]): readonly [string, Site, string[]] => {
      const file = BUILD.find((one) => path === `/${one.path}`) ?? BUILD[0]
      const other = answer(
        file.path,
        file.body.map((byte) => byte ^ 1),
      )
      const told: Answer = (accept, signal, headers) =>
        (headers[name] === value ? other : answer(file.path, file.body))(accept, signal, headers)
      const unpacked = "file_differs app.html: unpacked it is another page than the build's"
      const isOther = path === "/" && name !== "Cache-Control"
      return [
        comment,
        with_(path, told),
        [`file_differs ${file.path}: ${differs}`, ...(isOther ? [unpacked] : [])],
      ]
    }),
    [
      "a body that is packed otherwise",
      with_("/assets/a-1.js", () => new Response("console.log", { headers: { "content-encoding": "lzma" } })),
      ["wrong_headers assets/a-1.js: it is packed as lzma, which nobody asked for"],
    ],
    [
      "a body that never comes",
      with_("/assets/a-1.js", never),
      [/^unreachable assets\/a-1.js: it did not come within/],
    ],
    [
      "a body that never ends",
      with_("/assets/a-1.js", stalled),
      [/^unreachable assets\/a-1.js: it did not come within/],
    ],
    [
      "a script as a page",
      with_("/assets/a-1.js", answer("a.js", BUILD[1].body, { "content-type": "text/html" })),
      ["wrong_headers assets/a-1.js: its content type is text/html, not text/javascript"],
    ],
    [
      "a type that browsers guess",
      with_("/assets/a-1.js", answer("a.js", BUILD[1].body, { "x-content-type-options": "" })),
      ["wrong_headers assets/a-1.js: x-content-type-options: nosniff is missing"],
    ],
    [
      "a looser policy",
      with_(
        "/",
        answer("app.html", BUILD[0].body, {
          "content-security-policy": POLICY.replace("script-src", "script-src 'unsafe-inline'"),
        }),
      ),
      ["policy_loose app.html: content-security-policy: script-src allows 'unsafe-inline'"],
    ],
    [
      "a policy for its worker alone",
      with_("/assets/a-1.js", answer("a.js", BUILD[1].body, { "content-security-policy": "" })),
      ["policy_loose assets/a-1.js: content-security-policy: there is none, so scripts of anybody may run"],
    ],
    [
      "a service worker that nobody released",
      with_("/service-worker.js", answer("a.js", utf8("evil"))),
      ["not_listed service-worker.js: it is served, and the list of the build does not name it"],
    ],
    ["nothing", new Map(), ["file_missing app.html and 1 more: it is answered with status 404"]],
  ]
  for (const [comment, site, expected] of TABLE)
    it(comment, async () => {
      const found = said(await check(site))
      assert.equal(found.length, expected.length, found.join("\n"))
      for (const [i, one] of expected.entries())
        if (typeof one === "string") assert.ok(found.includes(one), `${one} in\n${found.join("\n")}`)
        else
          assert.ok(
            found.some((line) => one.test(line)),
            `${i} ${one} in\n${found.join("\n")}`,
          )
    })

  it("has another service worker for whoever asks as a browser does", async () => {
    const build = [...BUILD, { path: "app-sw.js", body: utf8("// kept") }]
    for (const isAgain of [false, true]) {
      const site = siteOf(build)
      site.set("/sw.js", (accept, signal, headers) => {
        const isMeant = headers["Service-Worker"] === "script" && "Referer" in headers === isAgain
        return answer("sw.js", utf8(isMeant ? "// evil" : "// kept"))(accept, signal, headers)
      })
      const released = async () => ({ state: "released", notes: [] }) as const
      assert.deepEqual(said(await check(site, { standing: released })), [
        "file_differs app-sw.js: it has other bytes than the build's file of this name",
      ])
    }
  })

  it("was withdrawn, or nobody but its operator says of it, or nobody proves anything", async () => {
    assert.match(said(await check(siteOf(BUILD), { standing: standing("withdrawn") })).join(), /^withdrawn /)
    const alone = async () => ({ state: "released", notes: [], isByServerAlone: true }) as const
    assert.match(
      said(await check(siteOf(BUILD), { standing: alone })).join(),
      /^not_proven .*nobody but who serves it/,
    )
    const nobody = async () => {
      throw new PlatformError("bad_proof", "no member showed it")
    }
    assert.match(
      said(await check(siteOf(BUILD), { standing: nobody })).join(),
      /^not_proven .*no member showed it/,
    )
    assert.match(said(await check(siteOf(BUILD), { mayTalkTo: nobody }))[0], /^not_proven members/)
  })

  it("points at what no list has, although a ballot released it", async () => {
    const build = [{ path: "app.html", body: page("../evil.js") }]
    const released = async () => ({ state: "released", notes: [] }) as const
    assert.deepEqual(said(await check(siteOf(build), { standing: released })), [
      "page_points_elsewhere app.html: it points at /../evil.js",
    ])
  })

  it("has at most so many findings", async () => {
    const many = Array.from({ length: 80 }, (_, i) => ({ path: `a${10 + i}.js`, body: new Uint8Array(i) }))
    const site = siteOf([...BUILD, ...many])
    for (const { path, body } of many) site.set(`/${path}`, answer(path, new Uint8Array(body.length + 1)))
    const found = await check(site, { standing: async () => ({ state: "released", notes: [] }) })
    assert.equal(found.findings.length, 50)
    assert.ok(found.notes.includes("findings beyond 50 are left out"))
  })

  it("is not waited for when nobody waits any more", async () => {
    const ending = new AbortController()
    const site = with_("/assets/a-1.js", (...asked) => {
      queueMicrotask(() => ending.abort())
      return never(...asked)
    })
    const found = said(
      await check(site, { signal: ending.signal, limits: { partMs: 3_600_000, wholeMs: 3_600_000 } }),
    )
    assert.ok(
      found.some((one) => /^not_finished/.test(one)),
      found.join("\n"),
    )
  })
})
