/** Options that make Node report another version of itself. */
export function reportingVersion(version: string): [option: string, script: string] {
  const script = `
    const versions = { ...process.versions, node: '${version}' }
    Object.defineProperty(process, 'versions', { value: versions })
    Object.defineProperty(process, 'version', { value: 'v${version}' })
  `
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}
