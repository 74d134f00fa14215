// A BACnet/IP device on @bacnet-js/client, to test louguan's driver against code of another origin.
//
//     node bacnet_device.mjs INSTANCE [PORT]            PORT 0 or none takes a free one; loopback only
//
// Prints one line of JSON when it is ready, {"port": 40123}, and ends when its standard input closes. Its objects:
//
//     analog-input,1        21.5                          analog-input,2      7, with a fault (reliability no-sensor)
//     binary-input,1        active                        characterstring-value,1  "one"
//     analog-output,1       commandable, default 20       binary-output,1     commandable, default inactive
//     multi-state-value,1   commandable, default 1
//
// It answers ReadProperty, ReadPropertyMultiple, WriteProperty, SubscribeCOV and Who-Is, and sends notifications of any
// change, confirmed where they were asked to be. Standard input takes one JSON object a line, each answered with one:
//     {"set": "analog-input,1", "value": 22.5}            {"read": true} tells present values and priority arrays
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import bacnet from "@bacnet-js/client";

const {
  default: Client, ApplicationTag, ASN1_ARRAY_ALL, ConfirmedServiceChoice, ErrorClass, ErrorCode, ObjectType,
  PropertyIdentifier: Property, Reliability, Segmentation, StatusFlags, StatusFlagsBitString,
} = bacnet;
const HOST = "127.0.0.1";
const MAX_APDU = 1476;
const ANY_INSTANCE = 0x3fffff;
const SLOTS = 16;

class Refused extends Error {
  constructor(errorClass, errorCode) {
    super(`class ${errorClass}, code ${errorCode}`);
    Object.assign(this, { errorClass, errorCode });
  }
}

class Thing {
  constructor(tag, value, { commandable = false, reliability = Reliability.NO_FAULT_DETECTED } = {}) {
    const slots = commandable ? Array(SLOTS).fill(null) : null;
    Object.assign(this, { tag, value, reliability, fallback: value, slots });
  }

  get present() {
    return this.slots ? (this.slots.find((held) => held !== null) ?? this.fallback) : this.value;
  }

  get flags() {
    return new StatusFlagsBitString(...(this.reliability === Reliability.NO_FAULT_DETECTED ? [] : [StatusFlags.FAULT]));
  }

  /** Application data of a property, as a list. */
  read({ id, index }) {
    const typed = (value) => ({ type: value === null ? ApplicationTag.NULL : this.tag, value });
    if (id === Property.PRESENT_VALUE) return [typed(this.present)];
    if (id === Property.STATUS_FLAGS) return [{ type: ApplicationTag.BIT_STRING, value: this.flags }];
    if (id === Property.RELIABILITY) return [{ type: ApplicationTag.ENUMERATED, value: this.reliability }];
    if (id === Property.RELINQUISH_DEFAULT && this.slots) return [typed(this.fallback)];
    if (id === Property.PRIORITY_ARRAY && this.slots) {
      return index === ASN1_ARRAY_ALL ? this.slots.map(typed) : [typed(this.slots[index - 1])];
    }
    throw new Refused(ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
  }

  write(id, [{ type, value }], priority) {
    if (id !== Property.PRESENT_VALUE || !this.slots) {
      throw new Refused(ErrorClass.PROPERTY, ErrorCode.WRITE_ACCESS_DENIED);
    }
    if (type !== ApplicationTag.NULL && type !== this.tag) {
      throw new Refused(ErrorClass.PROPERTY, ErrorCode.INVALID_DATA_TYPE);
    }
    this.slots[priority - 1] = type === ApplicationTag.NULL ? null : value;
  }
}

const { REAL, ENUMERATED, UNSIGNED_INTEGER, CHARACTER_STRING } = ApplicationTag;
const COMMANDABLE = { commandable: true };
const things = {
  "analog-input,1": new Thing(REAL, 21.5),
  "analog-input,2": new Thing(REAL, 7, { reliability: Reliability.NO_SENSOR }),
  "binary-input,1": new Thing(ENUMERATED, 1),
  "characterstring-value,1": new Thing(CHARACTER_STRING, "one"),
  "analog-output,1": new Thing(REAL, 20, COMMANDABLE),
  "binary-output,1": new Thing(ENUMERATED, 0, COMMANDABLE),
  "multi-state-value,1": new Thing(UNSIGNED_INTEGER, 1, COMMANDABLE),
};
const subscriptions = new Map();
const instance = Number(process.argv[2]);
const port = Number(process.argv[3] ?? 0) || (await freePort());
const device = {
  [Property.OBJECT_IDENTIFIER]: { type: ApplicationTag.OBJECTIDENTIFIER, value: { type: ObjectType.DEVICE, instance } },
  [Property.OBJECT_NAME]: { type: CHARACTER_STRING, value: "foreign" },
  [Property.MAX_APDU_LENGTH_ACCEPTED]: { type: UNSIGNED_INTEGER, value: MAX_APDU },
};
const client = new Client({ interface: HOST, port, apduTimeout: 1000 });

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createSocket("udp4");
    probe.once("error", reject);
    probe.bind(0, HOST, () => {
      const { port: found } = probe.address();
      probe.close(() => resolve(found));
    });
  });
}

function nameOf({ type, instance: number }) {
  return `${(ObjectType[type] ?? String(type)).toLowerCase().replaceAll("_", "-")},${number}`;
}

function thingOf(objectId) {
  const found = things[nameOf(objectId)];
  if (!found) throw new Refused(ErrorClass.OBJECT, ErrorCode.UNKNOWN_OBJECT);
  return found;
}

function isUs({ type, instance: number }) {
  return type === ObjectType.DEVICE && [instance, ANY_INSTANCE].includes(number);
}

function read(objectId, property) {
  if (!isUs(objectId)) return thingOf(objectId).read(property);
  const found = device[property.id];
  if (!found) throw new Refused(ErrorClass.PROPERTY, ErrorCode.UNKNOWN_PROPERTY);
  return [found];
}

function readOrError(objectId, property) {
  try {
    return { property, value: read(objectId, property) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { property, value: [{ value: { type: "BacnetError", ...error } }] };
  }
}

/** Carry out a confirmed request: its answer, or the error it ends with. */
function serve(event, service, answer) {
  client.on(event, ({ header, invokeId, payload }) => {
    const asking = { address: header.sender.address };
    try {
      answer(asking, invokeId, payload);
    } catch (error) {
      const { errorClass, errorCode } = error;
      if (!(error instanceof Refused)) throw error;
      client.errorResponse(asking, service, invokeId, errorClass, errorCode);
    }
  });
}

serve("readProperty", ConfirmedServiceChoice.READ_PROPERTY, (asking, invokeId, { objectId, property }) => {
  client.readPropertyResponse(asking, invokeId, objectId, property, read(objectId, property));
});
serve("readPropertyMultiple", ConfirmedServiceChoice.READ_PROPERTY_MULTIPLE, (asking, invokeId, { properties }) => {
  const answers = properties.map(({ objectId, properties: wanted }) => ({
    objectId, values: wanted.map((property) => readOrError(objectId, property)),
  }));
  client.readPropertyMultipleResponse(asking, invokeId, answers);
});
serve("writeProperty", ConfirmedServiceChoice.WRITE_PROPERTY, (asking, invokeId, { objectId, value }) => {
  thingOf(objectId).write(value.property.id, value.value, value.priority);
  client.simpleAckResponse(asking, ConfirmedServiceChoice.WRITE_PROPERTY, invokeId);
  notify(objectId);
});
serve("subscribeCov", ConfirmedServiceChoice.SUBSCRIBE_COV, (asking, invokeId, wish) => {
  thingOf(wish.monitoredObjectId);
  const key = JSON.stringify([asking.address, wish.subscriberProcessId, nameOf(wish.monitoredObjectId)]);
  if (wish.cancellationRequest) subscriptions.delete(key);
  else subscriptions.set(key, { ...wish, asking, ends: Date.now() + 1000 * wish.lifetime });
  client.simpleAckResponse(asking, ConfirmedServiceChoice.SUBSCRIBE_COV, invokeId);
  notify(wish.monitoredObjectId);
});
client.on("whoIs", ({ header, payload }) => {
  const { lowLimit = 0, highLimit = ANY_INSTANCE } = payload ?? {};
  if (lowLimit <= instance && instance <= highLimit) {
    client.iAmResponse({ address: header.sender.address }, instance, Segmentation.NO_SEGMENTATION, 999);
  }
});

/** Tell every living subscriber of an object what it is now. */
function notify(objectId) {
  const thing = thingOf(objectId);
  for (const { asking, subscriberProcessId: process, issueConfirmedNotifications, ...wish } of subscriptions.values()) {
    const left = Math.round((wish.ends - Date.now()) / 1000);
    if (nameOf(wish.monitoredObjectId) !== nameOf(objectId) || left <= 0) continue;
    // No array index: the library writes one where it is ASN1_ARRAY_ALL.
    const values = [Property.PRESENT_VALUE, Property.STATUS_FLAGS].map((id) => ({
      property: { id }, value: thing.read({ id, index: ASN1_ARRAY_ALL }),
    }));
    if (issueConfirmedNotifications) {
      // A subscriber that has gone is not our trouble.
      client.confirmedCOVNotification(asking, objectId, process, instance, left, values).catch(() => {});
    } else {
      client.unconfirmedCOVNotification(asking, process, instance, objectId, left, values);
    }
  }
}

function obey({ set, value }) {
  if (set !== undefined) {
    things[set].value = value;
    const [type, number] = set.split(",");
    notify({ type: ObjectType[type.toUpperCase().replaceAll("-", "_")], instance: Number(number) });
  }
  const held = ({ present, slots }) => ({ present, slots });
  return Object.fromEntries(Object.entries(things).map(([name, thing]) => [name, held(thing)]));
}

await new Promise((listening) => client.once("listening", listening));
console.log(JSON.stringify({ port }));
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(obey(JSON.parse(line))));
client.close();
