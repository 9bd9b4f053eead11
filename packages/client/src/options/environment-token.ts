import type { Supplied } from '../transport/call-headers.ts'
import { builtinModule, fromEnvironment } from './platform.ts'

const FILE_VARIABLE = 'ROLLCALL_TOKEN_FILE'

/**
 * Returns the token in `ROLLCALL_TOKEN`, or a function that reads the file in `ROLLCALL_TOKEN_FILE`; undefined:
 * there is none. The file is read for each call, because tokens that expire are replaced in it.
 */
export function environmentToken(): Supplied<string> | undefined {
  const file = fromEnvironment(FILE_VARIABLE)
  return fromEnvironment('ROLLCALL_TOKEN') ?? (file && (() => tokenIn(file)))
}

function tokenIn(file: string): string {
  const fs = builtinModule<{ readFileSync(path: string, encoding: string): string }>('fs')
  const token = fs?.readFileSync(file, 'utf8').trim()
  if (!token) throw new Error(`${FILE_VARIABLE} names ${file}, which is empty`)
  return token
}
