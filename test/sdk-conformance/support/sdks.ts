import { fileURLToPath } from 'node:url'

/** An SDK, and the program that controls it. */
export interface Sdk {
  readonly name: string
  readonly command: readonly [program: string, ...args: string[]]
}

/** A folder with copies of the drivers beside SDKs that break a rule; see `broken-rules`. */
const copies = process.env.ROLLCALL_SDK_DRIVERS
const driver = (name: string): string =>
  copies ? `${copies}/${name}` : fileURLToPath(new URL(`../drivers/${name}`, import.meta.url))
const conditions = copies ? ['--conditions=@rollcall/source'] : []

/** An interpreter that can import `rollcall_client`. */
const python = process.env.ROLLCALL_PYTHON

/** Why the Python SDK is not examined; undefined: it is. */
export const PYTHON_NOT_RUN = python
  ? undefined
  : 'NOT RUN for Python: ROLLCALL_PYTHON names no interpreter with rollcall-client (see packages/python)'

/** All SDKs, each with everything that it is built of. */
export const SDKS: readonly Sdk[] = [
  {
    name: 'TypeScript',
    command: [process.execPath, ...conditions, driver('typescript-driver.ts')],
  },
  ...(python
    ? ['asyncio', 'blocking'].map((mode): Sdk => {
        const command = [python, '-W', 'error', driver('python_driver.py'), mode] as const
        return { name: `Python, ${mode}`, command }
      })
    : []),
]
