export * from "./http.ts"
export * from "./schemas.ts"
