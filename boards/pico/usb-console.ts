/**
 * The board's USB serial port as a Node stream. Enumeration and control lines (DTR is set: firmware prints only then) are
 * rp2040js'; bulk packets are paced as full speed allows, and a board that has nothing to receive is left alone: a packet
 * of zero bytes every 10 µs would keep its processor busy. What is written is taken when the board takes it.
 */
import { Duplex } from 'node:stream';
import { type RP2040, USBCDC } from 'rp2040js';

/** At most 19 bulk packets of 64 bytes fit into a frame of 1 ms (USB 2.0 §5.8.4). */
const PACKET_MICROSECONDS = 1000 / 19;

interface Waiting {
  bytes: Uint8Array;
  taken: number;
  callback: (error?: Error | null) => void;
}

export class UsbConsole extends Duplex {
  /** The board has been enumerated since it was plugged in last. */
  connected = false;
  private waiting: Waiting | undefined;
  /** The packet that the board is ready to receive; one at a time, and a later one replaces an earlier one (a bus reset). */
  private armed: { endpoint: number; size: number } | undefined;
  private mcu: RP2040 | undefined;

  constructor() {
    super({ readableHighWaterMark: 1 << 20, decodeStrings: true });
  }

  /** Plugs a board in; the one before is gone. Emits 'connected' once its port is there. */
  attach(mcu: RP2040): void {
    this.mcu = mcu;
    this.armed = undefined;
    this.connected = false;
    const usb = mcu.usbCtrl;
    usb.readDelayMicroseconds = PACKET_MICROSECONDS;
    usb.writeDelayMicroseconds = PACKET_MICROSECONDS;
    const cdc = new USBCDC(usb);
    cdc.onSerialData = bytes => this.push(Uint8Array.from(bytes));
    cdc.onDeviceConnected = () => {
      this.connected = true;
      this.emit('connected');
    };
    usb.onEndpointRead = (endpoint, size) => {
      if (endpoint === 0) return;
      this.armed = { endpoint, size };
      this.deliver();
    };
  }

  /** Bytes are pushed as they come: a board cannot be told to wait by a slow reader any more than over real USB. */
  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.waiting = { bytes: chunk, taken: 0, callback };
    this.deliver();
  }

  private deliver(): void {
    if (this.waiting === undefined || this.armed === undefined) return;
    const { bytes, taken, callback } = this.waiting;
    const { endpoint, size } = this.armed;
    const packet = bytes.slice(taken, taken + size);
    this.armed = undefined;
    this.waiting.taken += packet.length;
    this.mcu!.usbCtrl.endpointReadDone(endpoint, packet);
    if (this.waiting.taken < bytes.length) return;
    this.waiting = undefined;
    callback();
  }
}
