import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { isInstalled, newFolder } from './processes.ts'

/** A request template sent repeatedly. `{i}` in path and body counts from 0, `{i:8}` with 8 digits. */
export interface Load {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Sent with each request; default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** An array is used in rotation, which continues across periods. */
  readonly body?: string | readonly string[]
  /** The number of requests after which `{i}` restarts at 0; default: never. */
  readonly period?: number
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Responses other than 2xx, and requests without a response. */
  readonly failures: number
}

/** The load generator. wrk uses a fraction of a core where autocannon uses a whole one. */
export const GENERATOR = isInstalled('wrk') ? 'wrk' : 'autocannon'

export function runLoad(load: Load): Promise<LoadResult> {
  return GENERATOR === 'wrk' ? runWrk(load) : runAutocannon(load)
}

async function runWrk(load: Load): Promise<LoadResult> {
  const folder = newFolder()
  const script = join(folder, 'load.lua')
  writeFileSync(script, luaScript(load))
  const { connections, seconds, url } = load
  const sizes = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency']
  const output = await outputOf('wrk', [...sizes, '-s', script, url])
  rmSync(folder, { recursive: true })
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0)
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)
  const lost = broken?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(output)?.[1]),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(output)?.[1]),
    failures: refused + lost,
  }
}

const JSON_BODY = { 'content-type': 'application/json' }

const LUA_COUNTERS: Readonly<Record<string, string>> = {
  '{i}': 'i',
  '{i:8}': 'string.format("%08d",i)',
}

function luaScript({ method, path, body, period, headers: given }: Load): string {
  const all = Object.entries({ ...(body !== undefined && JSON_BODY), ...given })
  const headers = `{${all.map(([name, value]) => `["${name}"]="${value}"`).join(',')}}`
  const wrap = period === undefined ? '' : `if i == ${period} then i = 0 end`
  const text = (template: string) =>
    template
      .split(/(\{i(?::8)?\})/)
      .map((part) => LUA_COUNTERS[part] ?? `[==[${part}]==]`)
      .join('..')
  const bodies = typeof body === 'object' ? body.map(text) : []
  const next = typeof body === 'object' ? `bodies[turn % ${body.length} + 1]` : undefined
  return `local i = -1
local turn = -1
local bodies = {${bodies.join(',')}}
request = function()
  i = i + 1
  turn = turn + 1
  ${wrap}
  return wrk.format("${method}", ${text(path)}, ${headers}, ${next ?? (typeof body === 'string' ? text(body) : 'nil')})
end`
}

function milliseconds(text: string | undefined): number {
  const [, number, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text ?? '') ?? []
  const factor = { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit ?? '']
  return Number(number) * (factor ?? Number.NaN)
}

async function runAutocannon(load: Load): Promise<LoadResult> {
  let i = -1
  let turn = -1
  const fill = (template: string) =>
    template.replaceAll('{i}', String(i)).replaceAll('{i:8}', String(i).padStart(8, '0'))
  const result = await autocannon({
    url: load.url,
    connections: load.connections,
    duration: load.seconds,
    requests: [
      {
        method: load.method,
        setupRequest: (request) => {
          i = i + 1 === load.period ? 0 : i + 1
          turn++
          const path = fill(load.path)
          const { body, headers: given } = load
          if (body === undefined) return { ...request, path, headers: { ...given } }
          const headers = { ...JSON_BODY, ...given }
          const template = typeof body === 'string' ? body : (body[turn % body.length] ?? '')
          return { ...request, path, headers, body: fill(template) }
        },
      },
    ],
  })
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.non2xx + result.errors,
  }
}

function outputOf(program: string, programArguments: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    child.once('error', reject)
    child.once('exit', () => resolve(output))
  })
}
