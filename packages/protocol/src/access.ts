/** What a caller may do. Each scope includes those before it. */
export const SCOPES = ['read', 'agent', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** How a registry is protected. */
export const ACCESS_MODES = ['open', 'insecure', 'controlled'] as const
export type AccessMode = (typeof ACCESS_MODES)[number]

/** The name of a token: without whitespace, so that it fits a line of a token file and of a log. */
export const TOKEN_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$'
