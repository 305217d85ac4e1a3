/** A card for `insurer` of two custodians, as CBOR in a QR code (version 20, level L): a row a line, four modules a digit. */
const ROWS =
  "fe31f280192b5aff637215bf8 82d4f70abbe8722181a138a08 ba5e91577837e6251ab269ae8 bafae6213942d418ee1880ae8 ba41f482f811e0bf9e9628ae8 82bd1c428924d228cc56c9208 feaaaaaaaaaaaaaaaaaaaabf8 000a17338f6b1168eccaf2800 fba6b750ff63471fcf96fbd50 ac8b4359b7893d4386b9c2c40 c3dcc947db5ee51b52fdaeab8 b5797a64bfaeffb78c8917240 d68529cec274c2992ff6ab250 35d416385d78d6811e287f818 a2bb3c838a86b06ecafc2f380 dc37941ebc480cef3b5b39180 4b405ea2caa9a11cea52bd9b8 80a53df0a43947870c5b06200 12a3195fcf6221bbc3f2bab18 81a3fc5d95ec3fc4fb0ff2108 1349deb24c11c3308cf6eef60 dcaf827c94e7d9c7bfcc63b50 bf3b76946411685c86677f318 e9c88c1af56e00beff6db4908 5b33851a6b95cbfb2236a37c0 f1477814f5a6068f651c5d228 7322b39d4bbf526a557313608 59c4a3c29652752afe1b700d8 5e95d0d20a07a07f441248900 241814582f4b65803ea0f3340 a738e182712512a4dd8bc8300 74f31670c86b9223710e41118 0fa755e1f87a2c7fc7649efe0 48fc7b9e881f3ce8ef71508f0 aaa80da8abc6853ab1944baa8 f8cf11de8f22f1e8b8d2298c8 ffbff7b9feb94b5f8a3e84fe8 95da5d9bc9aa1b6906f60af68 db96b5c668fd291e82d4238a8 897d93aef5c310dc09aa7ad90 3727e751d3dec171e29073608 6da37bfe82f002a294b9c8ec0 c2c977135a1fbe77c37ca7d38 fd211c8221c28dad5e40d6258 5ed8b6a8ec32e531591283240 d147259b7570d680ac28c03c8 7a900ef4c602b96d526d2d400 98431cc15af64eddbc051f260 9a73d322b649c523a440582d0 f1a5e48f53294f0c1336eb340 1e74a7b95928f0ef44327adb8 2898bfb1f39e1d9dff0f94300 97ac9c3b0832a512607c473f8 acbb93e5b071c744d46fc8b00 db113d28838a716da4836fa80 3c5fa10a339a53cf1b6fd4280 5ef8de9a76c39a142c1cacd30 2c607c85b8e7e08aebadbf010 8b8c9506cd03862792e988fb8 985e33d7d8bc9bc09f1ad9e88 8fec2cf2fc69d72f8d9250f88 9888701c89ad13989fb9628a0 5acf5983ade0ceaad582c8ae8 18999a5b8b88e4d8c99a0d890 1ff9482bfa96b60ffeee68fe8 20e567590e58b2858f17008d0 2378bdb970b11a5181916fed8 008a1f4e123786ce26f429930 1f3985389d00f5452e1e83510 11c4d3934413e483a69248be8 0e24b70e0b04f420aa78a3a48 40b7a01def6555c1b473c8a50 b7ba894974820f16ae6fffbe8 a93660322c01c349b580fbb40 82047bc7f0369b42c37d37d38 38b0b1f4758cae7f7ad1d5548 ebf9f5c7507ac387ae782b150 906614a1ddf94697151b605d0 17fa588616c261e2dae4a5a38 d4faaf9b98e608dfccfe5fea0 4a61057a5e7da710121c1a400 4c83e6c11f25be09b1d71d060 5b5a53eb59e62938cc262dbb8 85615d0fd9a93fefdd69e9408 aad3eeb4c877c1314c3ec1768 b5cc5e3aa8e287ce1fd05b888 02fe1eb6d107d82732c227848 a449ec9bde76549a774dd6010 fbf33278f837995fc87283fd8 0090289489b55798a31cd68b8 fe93d861af1020ba97fff8aa8 827884858e4a7588be8868880 ba98e4f3fb8e208f858a51f90 bab1ce3d474375913e29fa008 bae2dd8000bd832d5c83c9ac8 82a5a85d4e9946410dc381688 feebbc78783523e1a7a3f2478"

/** Modules of the code within a margin of four, dark ones true. */
export function cardCode(): readonly (readonly boolean[])[] {
  const rows = ROWS.split(" ")
  const size = rows.length
  const isDark = (y: number, x: number): boolean => {
    const digit = Number.parseInt(rows[y]?.[Math.floor(x / 4)] ?? "0", 16)
    return x >= 0 && x < size && ((digit >> (3 - (x % 4))) & 1) === 1
  }
  const all = Array.from({ length: size + 8 }, (_, i) => i - 4)
  return all.map((y) => all.map((x) => isDark(y, x)))
}

/** Light and dark points of a square picture of the code. @param k points of a module */
export function cardPoints(k: number): {
  readonly side: number
  readonly isDark: (y: number, x: number) => boolean
} {
  const code = cardCode()
  return { side: code.length * k, isDark: (y, x) => code[Math.floor(y / k)]?.[Math.floor(x / k)] === true }
}
