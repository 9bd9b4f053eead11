/** The library for JSON Web Tokens; loaded only by registries that accept them. */
export type Jose = typeof import('jose')
