// What `java -version` prints.
import { expect, test } from 'vitest'
import { javaVersion } from '../../../services/local/broker/find-java.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', '17.0.15'],
  ['openjdk version "25" 2025-09-16', '25'],
  ['java version "1.8.0_392"', '8.0_392'],
  ['The operation couldn’t be completed. Unable to locate a Java Runtime.', ''],
])('javaVersion - %s', (text, version) => {
  expect(javaVersion(text)).toBe(version)
})
