import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { pageFaults } from "./app-page.ts"
import { policyFaults, shown } from "./app-policy.ts"

const MEMBER = "https://node.hospital.example"
const OURS =
  `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; ` +
  `connect-src 'self' ${MEMBER}; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; ` +
  `frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types aceso dompurify`
const faults = (policy: string | undefined) => policyFaults(policy, [MEMBER])

describe("the policy of our pages", () => {
  for (const [comment, policy] of [
    ["as it is", OURS],
    ["in other letters and spaces", OURS.replace("default-src", " Default-Src ").replace("'none'", "'NONE'")],
    ["beside a looser one: both hold", `default-src *, ${OURS}`],
    ["with scripts for elements alone", `${OURS}; script-src-elem 'self'`],
    ["with a second directive of a name, which does not count", `${OURS}; script-src *`],
  ] as const)
    it(`is strict: ${comment}`, () => assert.deepEqual(faults(policy), []))

  const LOOSE: readonly (readonly [policy: string | undefined, fault: string])[] = [
    [undefined, "there is none, so scripts of anybody may run"],
    ["  ", "there is none, so scripts of anybody may run"],
    ["x".repeat(70_000), "it is longer than any policy is"],
    ...[
      "'unsafe-inline'",
      "'unsafe-eval'",
      "https://evil.example",
      "*",
      "data:",
      "blob:",
      "https:",
      "'strict-dynamic'",
      "'nonce-abc'",
    ].map(
      (source) =>
        [
          OURS.replace("script-src 'self'", `script-src 'self' ${source}`),
          `script-src allows ${source}`,
        ] as const,
    ),
    [
      OURS.replace("script-src 'self' 'wasm-unsafe-eval'; ", "").replace("default-src 'none'; ", ""),
      "script-src is missing",
    ],
    [`script-src *; ${OURS}`, "script-src allows *"],
    [`${OURS}; script-src-elem https://evil.example`, "script-src-elem allows https://evil.example"],
    [`${OURS}; script-src-attr 'unsafe-inline'`, "script-src-attr allows 'unsafe-inline'"],
    [
      OURS.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
      "style-src allows 'unsafe-inline'",
    ],
    [OURS.replace("worker-src 'self'", "worker-src 'self' blob:"), "worker-src allows blob:"],
    [OURS.replace("default-src 'none'", "default-src 'self'"), "default-src allows 'self'"],
    [OURS.replace("default-src 'none'; ", ""), "object-src is missing"],
    [OURS.replace(MEMBER, "https://evil.example"), "connect-src allows https://evil.example"],
    [OURS.replace(MEMBER, "*"), "connect-src allows *"],
    [OURS.replace("base-uri 'none'; ", ""), "base-uri is missing"],
    [`${OURS}; report-uri https://evil.example`, "report-uri is no part of a page's policy"],
    [`${OURS}, report-to evil`, "report-to is no part of a page's policy"],
    [OURS.replaceAll("; ", ";\u00a0"), "it has characters that stand in no policy"],
    [`\u00a0script-src 'self'; ${OURS}`, "it has characters that stand in no policy"],
    [
      OURS.replace("form-action 'none'", "form-action https://evil.example"),
      "form-action allows https://evil.example",
    ],
    [OURS.replace("frame-ancestors 'none'", "frame-ancestors *"), "frame-ancestors allows *"],
    [
      OURS.replace("require-trusted-types-for 'script'; ", ""),
      "require-trusted-types-for 'script' is missing",
    ],
    [OURS.replace("; trusted-types aceso dompurify", ""), "trusted-types is missing"],
    [OURS.replace("aceso dompurify", "*"), "trusted-types allows *"],
    [OURS.replace("; style-src", ", style-src"), "base-uri is missing"],
  ]
  for (const [policy, fault] of LOOSE)
    it(`is told where it is loose: ${fault}`, () =>
      assert.ok(faults(policy).includes(fault), faults(policy).join("; ")))

  it("of others stands in a line as letters alone, and not at any length", () => {
    assert.equal(shown("a\u001b[31m\nb"), "a?[31m?b")
    assert.equal(shown("x".repeat(500)), `${"x".repeat(120)}...`)
  })
})

describe("a page of the build", () => {
  const files = new Set(["/assets/a.js", "/assets/a.css", "/icon.svg"])
  const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8" /><link rel="icon" href="/icon.svg">
    <script type="module" crossorigin src="/assets/a.js"></script><link rel="stylesheet" href='/assets/a.css'></head>
    <body><div id="page"></div></body></html>`
  it("points at files of the build alone", () => assert.deepEqual(pageFaults(PAGE, files), []))

  for (const [more, fault] of [
    ['<script src="https://evil.example/a.js"></script>', "it points at https://evil.example/a.js"],
    ["<script src=//evil.example/a.js></script>", "it points at //evil.example/a.js"],
    ['<script src="/assets/other.js"></script>', "it points at /assets/other.js"],
    ['<script src="assets/a.js"></script>', "it points at assets/a.js"],
    ["<script>alert(1)</script>", "it has a script of its own text"],
    ['<script data-src="/assets/a.js">alert(1)</script>', "it has a script of its own text"],
    ["<style>p{}</style>", "it has styles of its own text"],
    ['<base href="/assets/a.js">', "it has the element base"],
    ['<iframe srcdoc="x"></iframe>', "it has the element iframe"],
    ['<meta http-equiv="refresh" content="0; url=//evil.example">', "it has meta http-equiv refresh"],
    ['<img alt=">" src="https://evil.example/pixel.png">', "it points at https://evil.example/pixel.png"],
    ['<body onload="alert(1)">', "it has the attribute onload"],
    ['<a ping="https://evil.example/">x</a>', "it points at https://evil.example/"],
  ] as const)
    it(`is told where it does not: ${more}`, () => assert.deepEqual(pageFaults(PAGE + more, files), [fault]))
})
