/*
 * A reader driver (IFD handler, version 3) with a PIN pad, for tests.
 *
 * Cards come from vpcd: every call goes on to a copy of its driver that lies beside this library,
 * "<this library>.vpcd". Added is PC/SC part 10 (v2.02.09): the list of features, the properties,
 * and FEATURE_VERIFY_PIN_DIRECT. The keys that are "pressed" stand in "<this library>.keys":
 * digits, then E (enter), C (cancel) or T (nobody went on typing: the time is over). Without that
 * file the pad waits for it, as long as it was told to. Each pressing is used once.
 *
 * Written to the specification, and knowing nothing of the client that it is to judge.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <PCSC/ifdhandler.h>
#include <PCSC/reader.h>

#define CODE_VERIFY (0x42330000 + 1)
#define CODE_PROPERTIES (0x42330000 + 2)
#define HEADER 19
#define APDU_HEADER 5
#define MOST_KEYS 64
#define POLL_MICROSECONDS 20000

enum { TIMED_OUT = 0x6400, CANCELLED = 0x6401, BAD_LENGTH = 0x6403, BAD_STRUCTURE = 0x6B80 };

typedef RESPONSECODE (*transmit_t)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD,
                                   PSCARD_IO_HEADER);

static void own_path(char *path, size_t size, const char *suffix)
{
    Dl_info info;
    const char *name = dladdr((void *)own_path, &info) ? info.dli_fname : "";
    snprintf(path, size, "%s%s", name, suffix);
}

static void *vpcd(const char *name)
{
    static void *library;
    if (library == NULL) {
        char path[4096];
        own_path(path, sizeof path, ".vpcd");
        library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            fprintf(stderr, "pinpad_ifd: %s\n", dlerror());
    }
    return library == NULL ? NULL : dlsym(library, name);
}

#define FORWARD(name, types, ...)                                     \
    RESPONSECODE (*call) types = (RESPONSECODE (*) types)vpcd(name);  \
    return call == NULL ? IFD_COMMUNICATION_ERROR : call(__VA_ARGS__)

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    FORWARD("IFDHCreateChannelByName", (DWORD, LPSTR), Lun, DeviceName);
}

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
    FORWARD("IFDHCreateChannel", (DWORD, DWORD), Lun, Channel);
}

RESPONSECODE IFDHCloseChannel(DWORD Lun)
{
    FORWARD("IFDHCloseChannel", (DWORD), Lun);
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    FORWARD("IFDHGetCapabilities", (DWORD, DWORD, PDWORD, PUCHAR), Lun, Tag, Length, Value);
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
    FORWARD("IFDHSetCapabilities", (DWORD, DWORD, DWORD, PUCHAR), Lun, Tag, Length, Value);
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1,
                                       UCHAR PTS2, UCHAR PTS3)
{
    FORWARD("IFDHSetProtocolParameters", (DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR), Lun, Protocol,
            Flags, PTS1, PTS2, PTS3);
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    FORWARD("IFDHPowerICC", (DWORD, DWORD, PUCHAR, PDWORD), Lun, Action, Atr, AtrLength);
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength,
                               PUCHAR RxBuffer, PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
    transmit_t call = (transmit_t)vpcd("IFDHTransmitToICC");
    if (call == NULL)
        return IFD_COMMUNICATION_ERROR;
    return call(Lun, SendPci, TxBuffer, TxLength, RxBuffer, RxLength, RecvPci);
}

RESPONSECODE IFDHICCPresence(DWORD Lun)
{
    FORWARD("IFDHICCPresence", (DWORD), Lun);
}

/* Waits for keys; returns the last one (E, C or T) with the digits before it. */
static char pressed(unsigned seconds, char *digits, size_t size)
{
    char path[4096], keys[MOST_KEYS + 1];
    struct timespec now, began;
    own_path(path, sizeof path, ".keys");
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (;;) {
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            size_t count = fread(keys, 1, MOST_KEYS, file);
            fclose(file);
            unlink(path);
            keys[count] = 0;
            size_t length = strspn(keys, "0123456789");
            if (length >= size)
                length = size - 1;
            memcpy(digits, keys, length);
            digits[length] = 0;
            char last = keys[strspn(keys, "0123456789")];
            memset(keys, 0, sizeof keys);
            return last;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - began.tv_sec >= (time_t)seconds)
            return 'T';
        usleep(POLL_MICROSECONDS);
    }
}

/* Has a PIN typed and puts it into the command; returns what the pad itself says, or 0. */
static int typed(const uint8_t *block, DWORD size, uint8_t *apdu, DWORD *length)
{
    char digits[MOST_KEYS + 1];
    if (size < HEADER)
        return BAD_STRUCTURE;
    uint8_t format = block[2], position = (format >> 3) & 0x0F, most = block[5], least = block[6];
    uint8_t pin_block = block[3] & 0x0F;
    *length = block[15] | block[16] << 8 | block[17] << 16 | (DWORD)block[18] << 24;
    /* whole octets, ASCII, left-justified, and no field that holds the PIN's length */
    if ((format & 0x87) != 0x82 || (block[3] & 0xF0) != 0 || *length != size - HEADER)
        return BAD_STRUCTURE;
    if (least > most || most > pin_block || *length < (DWORD)APDU_HEADER + position + pin_block)
        return BAD_STRUCTURE;
    if ((block[7] & 0x02) == 0)
        return BAD_STRUCTURE; /* without the enter key, nobody knows where a short PIN ends */
    char last = pressed(block[0] ? block[0] : 30, digits, sizeof digits);
    size_t count = strlen(digits);
    if (last == 'C')
        return CANCELLED;
    if (last != 'E')
        return TIMED_OUT;
    if (count < least || count > most)
        return BAD_LENGTH;
    memcpy(apdu, block + HEADER, *length);
    memcpy(apdu + APDU_HEADER + position, digits, count);
    memset(digits, 0, sizeof digits);
    return 0;
}

static RESPONSECODE verify(DWORD Lun, PUCHAR block, DWORD size, PUCHAR answer, DWORD room,
                           PDWORD returned)
{
    uint8_t apdu[261];
    DWORD length = 0;
    if (size > HEADER + sizeof apdu || room < 2)
        return IFD_COMMUNICATION_ERROR;
    int status = typed(block, size, apdu, &length);
    if (status != 0) {
        answer[0] = status >> 8;
        answer[1] = status & 0xFF;
        *returned = 2;
        return IFD_SUCCESS;
    }
    SCARD_IO_HEADER send = {1, sizeof send}, receive;
    *returned = room;
    RESPONSECODE result = IFDHTransmitToICC(Lun, send, apdu, length, answer, returned, &receive);
    memset(apdu, 0, sizeof apdu);
    return result;
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength,
                         PUCHAR RxBuffer, DWORD RxLength, LPDWORD pdwBytesReturned)
{
    static const uint8_t features[] = {
        FEATURE_VERIFY_PIN_DIRECT, 4, 0x42, 0x33, 0x00, 0x01,
        FEATURE_GET_TLV_PROPERTIES, 4, 0x42, 0x33, 0x00, 0x02,
    };
    static const uint8_t properties[] = {
        PCSCv2_PART10_PROPERTY_wLcdLayout, 2, 0, 0,
        PCSCv2_PART10_PROPERTY_bEntryValidationCondition, 1, 2,
        PCSCv2_PART10_PROPERTY_bTimeOut2, 1, 0,
        PCSCv2_PART10_PROPERTY_bMinPINSize, 1, 4,
        PCSCv2_PART10_PROPERTY_bMaxPINSize, 1, 16,
    };
    const uint8_t *told = NULL;
    size_t count = 0;
    *pdwBytesReturned = 0;
    switch (dwControlCode) {
    case CODE_VERIFY:
        return verify(Lun, TxBuffer, TxLength, RxBuffer, RxLength, pdwBytesReturned);
    case CM_IOCTL_GET_FEATURE_REQUEST:
        told = features, count = sizeof features;
        break;
    case CODE_PROPERTIES:
        told = properties, count = sizeof properties;
        break;
    default:
        return IFD_ERROR_NOT_SUPPORTED;
    }
    if (RxLength < count)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    memcpy(RxBuffer, told, count);
    *pdwBytesReturned = count;
    return IFD_SUCCESS;
}
