// Fails if an installed package has a licence that is not on the list. Needs no network.
import { installedPackages, withForeignLicence } from './licences.ts'

const packages = installedPackages(process.cwd())
const foreign = withForeignLicence(packages)
for (const { name, licence, isTool } of foreign) {
  console.error(`${name} (${isTool ? 'a tool' : 'published'}) has the licence ${licence}`)
}
if (foreign.length > 0) {
  console.error('Read them, and add what may be used to scripts/licences.ts')
  process.exitCode = 1
} else console.log(`The licences of ${packages.length} packages are allowed`)
