import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { Answer, Send } from './http-client.ts'
import type { RegistryProcess } from './registry-process.ts'

const run = promisify(execFile)
const JSON_HEADER = ['--header', 'content-type: application/json']

const HAS_CURL = spawnSync('curl', ['--version']).status === 0

/** The client that {@link terminal} uses, for test titles. */
export const HTTP_CLIENT = HAS_CURL ? 'curl' : "Node's HTTP client, without curl"

/** Sends requests as a user would in a terminal: with `curl`, if it is on the PATH. */
export function terminal({ url, http }: RegistryProcess): Send {
  return HAS_CURL ? curl(url) : http.send
}

/** Runs a `curl` process for each request. */
function curl(baseUrl: string): Send {
  return async <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> => {
    const { stdout } = await run('curl', [
      // No settings of this user, no proxy of this machine.
      ...['--disable', '--noproxy', '*', '--silent', '--show-error', '--include'],
      ...['--request', method, `${baseUrl}${path}`],
      ...(body === undefined ? [] : [...JSON_HEADER, '--data-binary', JSON.stringify(body)]),
    ])
    const [head = '', text = ''] = stdout.split(/\r\n\r\n(.*)/s)
    const [statusLine = '', ...headerLines] = head.split('\r\n')
    const headers = headerLines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    return {
      status: Number(statusLine.split(' ')[1]),
      headers: Object.fromEntries(headers),
      body: JSON.parse(text),
    }
  }
}
