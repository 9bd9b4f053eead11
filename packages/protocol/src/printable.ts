/** No control characters. */
export const PRINTABLE_PATTERN = '^[^\\u0000-\\u001f\\u007f]+$'

/** The error message for a text that does not match {@link PRINTABLE_PATTERN}. */
export const PRINTABLE_RULE = 'must be one or more characters without control characters'
