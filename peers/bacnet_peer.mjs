// A BACnet/IP client on @bacnet-js/client, to test louguan's simulators against code of another origin.
//
//     node bacnet_peer.mjs HOST:PORT COMMAND ...
//
// Objects are written as analog-output,1 and properties by their standard names. Commands:
//     who-is [LOW HIGH]
//     read OBJECT PROPERTY [INDEX]
//     read-multiple OBJECT:PROPERTY[:PROPERTY...]...
//     write OBJECT PROPERTY TYPE VALUE [PRIORITY]       TYPE: real, unsigned-integer, enumerated, boolean ...
//     relinquish OBJECT PRIORITY                        writes null to present-value
//
// It asks from a free port of the loopback address, unicast. Prints one JSON object and exits 0: {"devices": [...]},
// {"value": ...}, {"objects": {OBJECT: {PROPERTY: ...}}} or {"written": true}; {"error": "..."} and 1 when the device
// does not answer or refuses; a usage line and 2 for wrong words.
import { createSocket } from "node:dgram";
import bacnet from "@bacnet-js/client";

const { default: Client, ApplicationTag, ObjectType, PropertyIdentifier } = bacnet;
const TIMEOUT_MS = 2000;
const OWN_HOST = "127.0.0.1";

function wrongUse(what) {
  console.error(`bacnet_peer.mjs: ${what}`);
  process.exit(2);
}

function numbered(names, written) {
  const number = /^\d+$/.test(written) ? Number(written) : names[written.toUpperCase().replaceAll("-", "_")];
  return number ?? wrongUse(`unknown name ${written}`);
}

function named(names, number) {
  return names[number]?.toLowerCase().replaceAll("_", "-") ?? String(number);
}

function objectId(written) {
  const [type, instance] = written.split(",");
  return { type: numbered(ObjectType, type), instance: Number(instance) };
}

/** What a property holds: one value, or an array where there are several. An error in its place is {error}. */
function plain(items) {
  const values = items.map(({ type, value }) => (type === ApplicationTag.NULL ? null : value?.value ?? value));
  return values.length === 1 ? values[0] : values;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createSocket("udp4");
    probe.once("error", reject);
    probe.bind(0, OWN_HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const COMMANDS = {
  async "who-is"(client, receiver, [low, high]) {
    const devices = [];
    client.on("iAm", ({ header, payload }) => devices.push({ address: header?.sender?.address, ...payload }));
    client.whoIs(receiver, low === undefined ? {} : { lowLimit: Number(low), highLimit: Number(high) });
    await new Promise((passed) => setTimeout(passed, TIMEOUT_MS / 4));
    return { devices };
  },
  async read(client, receiver, [object, property, index]) {
    const options = index === undefined ? {} : { arrayIndex: Number(index) };
    const id = numbered(PropertyIdentifier, property);
    return { value: plain((await client.readProperty(receiver, objectId(object), id, options)).values) };
  },
  async "read-multiple"(client, receiver, asked) {
    const specification = asked.map((words) => {
      const [object, ...properties] = words.split(":");
      return {
        objectId: objectId(object),
        properties: properties.map((name) => ({ id: numbered(PropertyIdentifier, name) })),
      };
    });
    const { values } = await client.readPropertyMultiple(receiver, specification);
    const held = ({ id, value }) => [named(PropertyIdentifier, id), plain(value)];
    const told = ({ objectId: { type, instance }, values: properties }) => [
      `${named(ObjectType, type)},${instance}`,
      Object.fromEntries(properties.map(held)),
    ];
    return { objects: Object.fromEntries(values.map(told)) };
  },
  async write(client, receiver, [object, property, type, value, priority]) {
    const tag = numbered(ApplicationTag, type);
    const written = { type: tag, value: tag === ApplicationTag.NULL ? null : Number(value) };
    const options = priority === undefined ? {} : { priority: Number(priority) };
    await client.writeProperty(receiver, objectId(object), numbered(PropertyIdentifier, property), [written], options);
    return { written: true };
  },
  relinquish(client, receiver, [object, priority]) {
    return COMMANDS.write(client, receiver, [object, "present-value", "null", "0", priority]);
  },
};

const [address, command, ...words] = process.argv.slice(2);
if (!address || !COMMANDS[command]) wrongUse(`HOST:PORT ${Object.keys(COMMANDS).join("|")} ...`);

const client = new Client({ interface: OWN_HOST, port: await freePort(), apduTimeout: TIMEOUT_MS });
try {
  await new Promise((listening) => client.once("listening", listening));
  console.log(JSON.stringify(await COMMANDS[command](client, { address }, words)));
} catch (error) {
  console.log(JSON.stringify({ error: error.message ?? String(error) }));
  process.exitCode = 1;
} finally {
  client.close();
}
