/**
 * Certificates that never change, so that a seed gives the same bytes in every process: a CA and server certificates for
 * server.test, valid from 2020 to 2048, made once with tools/certificates.ts. The keys are as public as this file.
 */

/** What ScriptedServer asks of an identity. */
export interface FixedIdentity {
  kind: 'ed25519' | 'p256' | 'rsa2048';
  der: Uint8Array;
  keyPem: string;
}

function identity(kind: FixedIdentity['kind'], der: string, key: string): FixedIdentity {
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;
  return { kind, der: Buffer.from(der, 'base64'), keyPem };
}

export const authority = Buffer.from(
  'MIH5MIGsoAMCAQICAQEwBQYDK2VwMBQxEjAQBgNVBAMTCUZhdWx0cyBDQTAeFw0yMDAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMBQxEjAQ' +
    'BgNVBAMTCUZhdWx0cyBDQTAqMAUGAytlcAMhALwyCKvNZ1fEr3FrDRvpnsgJTDOzIDjHENsgUjn/X7froyMwITAPBgNVHRMBAf8EBTADAQH/' +
    'MA4GA1UdDwEB/wQEAwIBBjAFBgMrZXADQQBxcSC1x5gZkNze3b24/2ayJjk7wbxqBCz+GxCQjfSB7UBC2ODD+5XcQkRTmuAaNxq0BRSUqGCh' +
    '2kpWLwOuTmsK',
  'base64',
);

export const identities: readonly FixedIdentity[] = [
  identity(
    'ed25519',
    'MIIBFzCByqADAgECAgECMAUGAytlcDAUMRIwEAYDVQQDEwlGYXVsdHMgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNNDkwMTAxMDAwMDAwWjAWMRQw' +
      'EgYDVQQDEwtzZXJ2ZXIudGVzdDAqMAUGAytlcAMhAF+uJSXi5k7UJIW/CGkfFjsOw/pqfALYvsuvje9enzpsoz8wPTAOBgNVHQ8BAf8EBAMC' +
      'B4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwFgYDVR0RBA8wDYILc2VydmVyLnRlc3QwBQYDK2VwA0EAWytvryACckqzEO+K797/jDt8Ea1/r5+w' +
      'vp8QpUx0nEQwSkNO8GtvQaqCEqCzPl2SwB0VM5MXE6E45+s4lgU1DQ==',
    'MC4CAQAwBQYDK2VwBCIEILpsbnaVELv6iQSeaW53qxAYs+mLvFEvbSPzUaB+/7VF',
  ),
  identity(
    'p256',
    'MIIBRjCB+aADAgECAgEDMAUGAytlcDAUMRIwEAYDVQQDEwlGYXVsdHMgQ0EwHhcNMjAwMTAxMDAwMDAwWhcNNDkwMTAxMDAwMDAwWjAWMRQw' +
      'EgYDVQQDEwtzZXJ2ZXIudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFS/bESgAJ6zQ4mUQiZz8LkGWDrTapRhqgtzE/2aVgqVt9zg' +
      '5/vQFw67BQaduK1DRKnW0nn9J1KOTZBPTjTXlC2jPzA9MA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAWBgNVHREEDzAN' +
      'ggtzZXJ2ZXIudGVzdDAFBgMrZXADQQCM17vU6dYT4pF9VQ2EQ9TsL3O9TA9QIwB/pl5HpuOLgEYCP41Hwt3tx31e1mo1uAcc3Rk5ysQY+ePQ' +
      'dXAnMAMP',
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcrwGnzml/PaQJk/9jJdfwQcOfEn5jtvuDRlx76nMlbqhRANCAARUv2xEoACe' +
      's0OJlEImc/C5Blg602qUYaoLcxP9mlYKlbfc4Of70BcOuwUGnbitQ0Sp1tJ5/SdSjk2QT04015Qt',
  ),
  identity(
    'rsa2048',
    'MIICEjCCAcSgAwIBAgIBBDAFBgMrZXAwFDESMBAGA1UEAxMJRmF1bHRzIENBMB4XDTIwMDEwMTAwMDAwMFoXDTQ5MDEwMTAwMDAwMFowFjEU' +
      'MBIGA1UEAxMLc2VydmVyLnRlc3QwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDDkQAJu/CNBEwA7nFE4/G4RIoHHJ382D8cGVb4' +
      'xijP1aJxYG/tdjKiqtVbOu3owuao7qVzg/YjgeH3LIF47nWQugfqfbUOeIPGv9dFqg5bygbMvPef3ecW35LX8y01eHJe27QDo1glHIQ61ovw' +
      'fMFufGfo+60KnUd6uGlU21z/0CwnN7NCWpGnhPSw4LEIBghcsySbKGpxSbm6PBzEwzNIYnoqx2t/uRwB/z7Ga7grvCZfoQmOJWqhbLyxkC62' +
      'edZ0hoCmCtPeCReGLABqlbECS31dr8WXD4gf9wIUdIyqZ70X3m/yx1zerhnr6jTh76s7SW9L9Lm5hHKplfFwQrAxAgMBAAGjPzA9MA4GA1Ud' +
      'DwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAWBgNVHREEDzANggtzZXJ2ZXIudGVzdDAFBgMrZXADQQDrMUbES2An8wRkxHcVXu9l' +
      'Q4i4xU/zczJY0pnYZoM0xYehLezldnu8iTVd/1bfzun9Qq6x7ULhmp72HLPnEVoN',
    'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDDkQAJu/CNBEwA7nFE4/G4RIoHHJ382D8cGVb4xijP1aJxYG/tdjKiqtVb' +
      'Ou3owuao7qVzg/YjgeH3LIF47nWQugfqfbUOeIPGv9dFqg5bygbMvPef3ecW35LX8y01eHJe27QDo1glHIQ61ovwfMFufGfo+60KnUd6uGlU' +
      '21z/0CwnN7NCWpGnhPSw4LEIBghcsySbKGpxSbm6PBzEwzNIYnoqx2t/uRwB/z7Ga7grvCZfoQmOJWqhbLyxkC62edZ0hoCmCtPeCReGLABq' +
      'lbECS31dr8WXD4gf9wIUdIyqZ70X3m/yx1zerhnr6jTh76s7SW9L9Lm5hHKplfFwQrAxAgMBAAECggEAMtMUN3NoaL2dIwDU3xp+T21AkeiW' +
      'BogMnrjXKYAWSy0yMlTlwcjeD/hlynfeLIe6elzLEuJQrZmrqBkg7NTMKPiv5fkVfNVFKfnhcHFpmeE/MyZJFHsO+5rPBuBj92l+D7j5Z5ij' +
      '58EpfEEVzUIe4x/hwWLm7cNCOFqExVDdMn3qKICudSWoKTBLKzk/TxzewUrqiIWsMVumvmHXGUfaqpPfn+BcUJt+6zImPCed37hh4jbqkWEi' +
      'dLsQ+54BuQIW3XUvNUDiewFR99FFlBq5XLJXh+CKPJ8wF1QeXWuXKZtg+PLc0N5pLE1ZLOGFdYqTc2Ust21FAVUPpM+BgSyjIQKBgQD/eqR3' +
      'nST30THErD1lCTJMJyqfVYeAfnb/hI+jKtUXFBQ+xKwe+Z2pYUKX/E6kEqF619p17Bt1K/j6HmBZ8Kfi6AZox+M4AtFTs5GJaxJjLnSJpHi/' +
      'zRQBzb+hQCG2Z4DKLHc3HOer/9IaurTZuScLGZj2U2pC2hdo51khmjKS9wKBgQDD9xV5H2+ZX6MVobsRMMkvjQvFEeuiibtmAhSGLhY2YYoU' +
      'n7QvxVvJGmh1g82RCrN582HcQYwgLXaPXuVR13BQn+tH7cj7CAMF8J2hXQ7yFwAh3Sq51likpR8fokXIHVkFnNN5thSwG7mlGISP1yMnjp8J' +
      'ExXCxJSVdFUBm2lkFwKBgF/0iWdfv23QxbeP1bNoI9sUbt7PeghZ94n7GRP413ZGlWAJ8Hfl20CuBhwdqM/ZK4t/HU9jMeDtdiNDW38Mc5I3' +
      'AYlDYmU8MbEVZdlOPObBoQW9n5iyhwwyYgJHmyHueCH3V4N8uMsSV7CwZZLNBwwVPi1uoR+g2GAPXJvRVaN7AoGAfsnEaON/7vnDqGFFiS/J' +
      'WyykqtKXZEg8qRk7cj0rPfAJyKIzkJzeb9TYNQAb5nXH/WUMsdbu9Hq1tLkvIa6ECoYNUjJ00IY0folZU2fEHbnn6gEQfcBDBfOXmX4CLCFg' +
      '0ZLP+HVoGTE3AaxFSFNneVZ7awGgGK3bfH8R6MJGg+0CgYEAmC2lAoBc52ajaLFJ97gpV+iOIADk0dpzxKI9H4d0wdjlW3Jt08wK3LL/vgQn' +
      'OHn0haBAxMbNRkwL1LFY0/jvtqyzwQtmE3tm+EuWSAd1tTdGCLBar+DjDbRKAcOauJYKaFl1uV0tCuQMSvrtiLEo+DmUSBmRwXkvg3msyiJK' +
      't7o=',
  ),
];
