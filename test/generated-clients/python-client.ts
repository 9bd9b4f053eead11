import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator, ProgramCommand, Workshop } from './generator.ts'
import { programSource } from './program-source.ts'
import { VERSIONS } from './versions.ts'

export const openapiPythonClient: Generator = {
  name: 'openapi-python-client',
  version: VERSIONS.openapiPythonClient,
  needs: ['python3'],
  build: async (workshop) => {
    const { folder, document, run } = workshop
    const python = await virtualEnvironment(
      workshop,
      `openapi-python-client==${VERSIONS.openapiPythonClient}`,
    )
    // The generator calls formatters that it finds on the path; these are in its own environment.
    const env = { PATH: `${join(folder, 'venv/bin')}:${process.env.PATH}` }
    await run(
      join(folder, 'venv/bin/openapi-python-client'),
      ['generate', '--path', document, '--output-path', 'client', '--meta', 'setup'],
      { env },
    )
    return pythonProgram(workshop, python, 'openapi_python_client.py')
  },
}

/** Makes a virtual environment in the folder, and returns its Python. */
export async function virtualEnvironment(
  { folder, run }: Workshop,
  ...packages: readonly string[]
): Promise<string> {
  await run('python3', ['-m', 'venv', 'venv'])
  const python = join(folder, 'venv/bin/python')
  if (packages.length > 0) await run(python, ['-m', 'pip', 'install', '--quiet', ...packages])
  return python
}

/** Installs the client that was generated into `client`, and returns what runs its program. */
export async function pythonProgram(
  { folder, run }: Workshop,
  python: string,
  program: string,
): Promise<ProgramCommand> {
  await run(python, ['-m', 'pip', 'install', '--quiet', './client'])
  await run(python, ['-m', 'compileall', '-q', 'client'])
  const path = join(folder, 'program.py')
  await copyFile(programSource(program), path)
  return [python, path]
}
