import { sha256 } from "@noble/hashes/sha2.js"

/** SHA-256 over pieces, where the platform has it only over what is whole. */
export const runningSha256 = () => sha256.create()
