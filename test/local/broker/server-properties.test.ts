// The broker's configuration, in both forms.
import { expect, test } from 'vitest'
import { containerEnvironment, javaProperties } from '../../../services/local/broker/server-properties.ts'

test('javaProperties - one node that listens on this machine only', () => {
  const lines = javaProperties({ port: 1111, controllerPort: 2222, logDir: '/data' }).split('\n')
  expect(lines).toContain('listeners=BROKER://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222')
  expect(lines).toContain('advertised.listeners=BROKER://127.0.0.1:1111')
  expect(lines).toContain('controller.quorum.voters=1@127.0.0.1:2222')
  expect(lines).toContain('log.dirs=/data')
  expect(lines).toContain('auto.create.topics.enable=false')
  expect(lines).toContain('offsets.retention.minutes=50400')
})

test('containerEnvironment - the same settings by the names the official image takes', () => {
  const environment = containerEnvironment({ port: 1111, logDir: '/var/lib/kafka/data' })
  expect(environment).toMatchObject({
    KAFKA_ADVERTISED_LISTENERS: 'BROKER://127.0.0.1:1111',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  })
})
