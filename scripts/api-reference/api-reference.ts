import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Application,
  Logger,
  LogLevel,
  type ProjectReflection,
  TSConfigReader,
  TypeDocReader,
} from 'typedoc'
import { describeSchemas } from './described-schemas.ts'
import { findUnexported } from './exported-types.ts'
import { forgetLines, leaveOutNoise } from './public-surface.ts'
import { ReadableTheme } from './readable-theme.ts'

/**
 * Generates the reference of all exports from their docstrings.
 *
 * @returns the pages by file name, such as `client.md`; each begins with its title
 * @throws Error that lists missing docstrings, types that are used but not exported, and broken links
 */
export async function apiReference(): Promise<Map<string, string>> {
  const readers = [new TypeDocReader(), new TSConfigReader()]
  const app = await Application.bootstrapWithPlugins(
    { options: import.meta.dirname, theme: 'readable' },
    readers,
  )
  const complaints = new ComplaintList()
  app.logger = complaints
  app.renderer.defineTheme('readable', ReadableTheme)
  const project = await app.convert()
  if (!project) throw complaints.toError()
  leaveOutNoise(project)
  for (const undescribed of describeSchemas(project)) complaints.warn(undescribed)
  // The validation of TypeDoc misses those of other packages.
  for (const unexported of findUnexported(project)) complaints.warn(unexported)
  app.validate(project)
  forgetLines(project)
  const pages = await render(app, project)
  if (complaints.list.length > 0) throw complaints.toError()
  return pages
}

async function render(app: Application, project: ProjectReflection): Promise<Map<string, string>> {
  // Not the default folder, because TypeDoc deletes its contents first.
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-api-'))
  try {
    await app.outputs.writeOutput({ name: 'markdown', path: folder }, project)
    const files = globSync('**/*.md', { cwd: folder }).sort()
    return new Map(
      files.map((file) => [
        file.replaceAll('\\', '/'),
        `${readFileSync(join(folder, file), 'utf8').trim()}\n`,
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Collects warnings and errors; each of them fails the build. */
class ComplaintList extends Logger {
  readonly list: string[] = []

  override log(message: string, level: LogLevel): void {
    // Properties of anonymous objects are documented at the place of use.
    if (level >= LogLevel.Warn && !message.includes('.__type.')) this.list.push(message)
  }

  toError(): Error {
    return new Error(`The API reference is not complete:\n${this.list.join('\n')}`)
  }
}
