/**
 * Names that Kaluma 1.2.1 has in its firmware, for JavaScript's library and its own modules, the shortest first. JerryScript keeps every name that a script has in its heap, 16 bytes each and more, but for those
 * that the firmware has already; and it finds them faster in a scope of hundreds of names, which are compared by number then. Another version of Kaluma
 * that lacks some of them takes them as it takes all names.
 */
const NAMES = `
IN PI cs fd fo fs id ip is ls on rm rx tx LN2 UTC abs all cos exp max min pow raw sin tan ADC ASM I2C IRQ JMP LED LOW LSB MOV MSB OUT PIO PWM SET SPI URL WDT _fd adc
bpp bus cts cwd dir end ext fat get irq jmp job key led lfs log mac mov net nop off out pin put pwm rtc rts sck
scl sda sep set uid url vfs LN10 acos asin atan cbrt ceil cosh imul log2 race seal sinh sqrt tanh GPIO HIGH PULL PUSH UART WAIT WiFi _buf _cwd _dev _dir addr arch atob base bind bits
body btoa data duty emit exec feed flow freq hash host href http join last miso mkfs mode mosi name next once
open path port ptcl pull push read recv root rssi scan seed send side size ssid stat stop term tone type wait
wifi wrap DGRAM Error Flash INPUT SLAVE Stats _path _stat board bssid chdir chunk clear close color delay errno
error event first flags flash flipX flipY fsctr ioctl label laddr lport mkdir mount parse paths pause print
queue raddr reset rmdir rport setup speed start state stdin terms width write LOG2E SQRT2 acosh asinh atan2 atanh clz32 expm1 hypot log10 log1p Button CHANGE MASTER MODE_0 MODE_1
MODE_2 MODE_3 Module OUTPUT Object RISING SDCard STREAM Server Socket Stream _final _write active bitmap blkdev
buffer button create decode domain encode exists format fstype global glyphs height inBase isFile jmpPin length
listen method micros millis noTone offset origin parity paused pullup rename resume rxfifo scaleX scaleY search
serial socket stdout stream toInst toggle txfifo unlink ADC_NUM FALLING I2C_NUM LED_NUM PIN_NUM PWM_NUM SPI_NUM
Storage _events _native _parser _socket address binding channel color16 connect console destroy devices dirname
display dormant exports extname getDuty getItem getTime hasLine headers inCount listene memRead message newPath
oldPath options outBase pathObj pinMode process read_cb readdir request require resolve restart setBase setDuty
setFont setItem setMode setPins setTime sideset statObj storage timeout trigger unmount version FLOW_CTS
FLOW_RTS Software UART_NUM VFSFatFS _destroy advanceX advanceY assoc_cb autopull autopush basename baudrate
bitorder callback close_cb complete drawLine drawRect drawText duration encoding fifoJoin fillRect getColor
getPixel getWidth heapPeak heapUsed hostname incoming interval memWrite outCount password pathname platform
position protocol readFile readable register relative rotation security setColor setCount setPixel setWatch
shutdown toBinary transfer username writable ATCommand FLOW_NONE LOW_LEVEL accept_cb baseTerms connected
dataEvent frequency getHeader getHeight heapTotal inversion listeners listening localPort normalize outSticky
parseBody parseHead pulseRead setHeader vfs_flags writeFile writeHead
`;

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_'];

/** What terser asks for names in its order; after these come a letter, $ and a number. In one piece, because it is sent to another thread as text. */
export const kalumaNames = {
  all: LETTERS.concat(NAMES.trim().split(/\s+/)),
  get(n) {
    return n < this.all.length ? this.all[n] : `${this.all[n % 52]}$${n - this.all.length}`;
  },
};
