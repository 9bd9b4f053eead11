import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Generator, Workspace } from './generator.ts'
import { programSource } from './program-source.ts'
import { VERSIONS } from './versions.ts'

const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  skipLibCheck: true,
  outDir: 'dist',
}

export const openapiTypescript: Generator = {
  name: 'openapi-typescript',
  version: VERSIONS.openapiTypescript,
  needs: [],
  build: (workspace) =>
    typescriptClient(workspace, {
      program: 'openapi-typescript.ts',
      dependencies: {
        'openapi-typescript': VERSIONS.openapiTypescript,
        'openapi-fetch': VERSIONS.openapiFetch,
      },
      command: [
        'openapi-typescript',
        workspace.document,
        // Otherwise fields with a default, such as `ttl_seconds`, would be required.
        '--default-non-nullable=false',
        '--output',
        'src/client.d.ts',
      ],
    }),
}

export const heyApi: Generator = {
  name: '@hey-api/openapi-ts',
  version: VERSIONS.heyApi,
  needs: [],
  build: (workspace) =>
    typescriptClient(workspace, {
      program: 'hey-api.ts',
      dependencies: { '@hey-api/openapi-ts': VERSIONS.heyApi },
      command: ['openapi-ts', '--input', workspace.document, '--output', 'src/client'],
    }),
}

export const orval: Generator = {
  name: 'orval',
  version: VERSIONS.orval,
  needs: [],
  build: async (workspace) => {
    const config = {
      rollcall: {
        input: workspace.document,
        output: {
          target: 'src/client.ts',
          client: 'fetch',
          mode: 'single',
          baseUrl: workspace.url,
        },
      },
    }
    await writeFile(
      join(workspace.folder, 'orval.config.mjs'),
      `export default ${JSON.stringify(config)}`,
    )
    return typescriptClient(workspace, {
      program: 'orval.ts',
      dependencies: { orval: VERSIONS.orval },
      command: ['orval', '--config', 'orval.config.mjs'],
    })
  },
}

interface TypescriptClient {
  /** The file with the program. */
  readonly program: string
  readonly dependencies: Readonly<Record<string, string>>
  /** An installed command that generates into `src`, and its arguments. */
  readonly command: readonly [command: string, ...args: string[]]
}

async function typescriptClient(
  { folder, run }: Workspace,
  { program, dependencies, command: [command, ...args] }: TypescriptClient,
) {
  const tools = { typescript: VERSIONS.typescript, '@types/node': VERSIONS.nodeTypes }
  const write = (name: string, value: object) =>
    writeFile(join(folder, name), JSON.stringify(value))
  await mkdir(join(folder, 'src'))
  await write('package.json', {
    private: true,
    type: 'module',
    dependencies: { ...dependencies, ...tools },
  })
  await write('tsconfig.json', { compilerOptions: COMPILER_OPTIONS, include: ['src'] })
  await copyFile(programSource(program), join(folder, 'src/program.ts'))
  await copyFile(programSource('steps.ts'), join(folder, 'src/steps.ts'))
  const node = (name: string, ...rest: string[]) =>
    run(process.execPath, [join('node_modules/.bin', name), ...rest])
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'])
  await node(command, ...args)
  await node('tsc')
  return [process.execPath, join(folder, 'dist/program.js')] as const
}
