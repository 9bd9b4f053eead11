import { text } from './json-schema.ts'

/** A point in time on the wire. */
export const timestamp = (description: string) =>
  text({ format: 'date-time', description, examples: ['2026-11-21T09:30:00.000Z'] })
