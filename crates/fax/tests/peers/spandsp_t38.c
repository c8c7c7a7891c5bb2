/* A fax terminal of somebody else's making, for tests: libspandsp's T.38 terminal, stepped over stdin and stdout.
 *
 * Uses the library's public interface only. Built by the tests: cc -O1 spandsp_t38.c -lspandsp -ltiff -lm
 *
 *   spandsp_t38 caller|answerer [option=value ...]
 *     send=FILE     TIFF to send               receive=FILE  TIFF to write
 *     ecm=0|1       error correction (1)       modems=LIST   of v17,v29,v27 (all)
 *     ident=TEXT    CSI or TSI                 version=N     T38FaxVersion (0)
 *     codings=LIST  of mh,mr,mmr (all)         log=1         the library's log to stderr
 *
 * A message, both ways: one octet type, two octets length (most significant first), payload.
 *
 *   to the peer    'P'  sequence number (2 octets), IFP packet: it arrived
 *                  'T'  160 samples (20 ms) pass
 *                  'Q'  tell the end and exit
 *   from the peer  'P'  IFP packet sent in this tick; one the library wants sent three times comes three times
 *                  'T'  the tick is over; one octet: 1 when T.30 has ended
 *                  'Q'  text: code=<completion code> pages_sent=<n> pages_received=<n> ident=<far end's>
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <spandsp.h>

static int ended, code = -1;

static void message(char type, const void *payload, int length)
{
    unsigned char head[3] = { (unsigned char) type, (unsigned char) (length >> 8), (unsigned char) length };

    fwrite(head, 1, 3, stdout);
    fwrite(payload, 1, (size_t) length, stdout);
}

static int packet_out(t38_core_state_t *core, void *user, const uint8_t *bytes, int length, int count)
{
    (void) core;
    (void) user;
    for (int i = 0; i < count; i++)
        message('P', bytes, length);
    return 0;
}

static void phase_e(t30_state_t *t30, void *user, int result)
{
    (void) t30;
    (void) user;
    ended = 1;
    code = result;
}

static int has(const char *list, const char *word)
{
    return strstr(list, word) != NULL;
}

int main(int argc, char **argv)
{
    const char *send = NULL, *receive = NULL, *modems = "v17,v29,v27", *ident = "", *codings = "mh,mr,mmr";
    int ecm = 1, version = 0, log = 0, calling;
    t38_terminal_state_t *terminal;
    t38_core_state_t *core;
    t30_state_t *t30;
    int modem_bits = 0, coding_bits = 0;

    if (argc < 2)
        return 2;
    calling = strcmp(argv[1], "caller") == 0;
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (value == NULL)
            return 2;
        *value++ = '\0';
        if (!strcmp(argv[i], "send")) send = value;
        else if (!strcmp(argv[i], "receive")) receive = value;
        else if (!strcmp(argv[i], "ecm")) ecm = atoi(value);
        else if (!strcmp(argv[i], "modems")) modems = value;
        else if (!strcmp(argv[i], "ident")) ident = value;
        else if (!strcmp(argv[i], "version")) version = atoi(value);
        else if (!strcmp(argv[i], "codings")) codings = value;
        else if (!strcmp(argv[i], "log")) log = atoi(value);
        else return 2;
    }

    terminal = t38_terminal_init(NULL, calling, packet_out, NULL);
    if (terminal == NULL)
        return 2;
    core = t38_terminal_get_t38_core_state(terminal);
    t30 = t38_terminal_get_t30_state(terminal);
    t38_set_t38_version(core, version);
    t38_set_data_rate_management_method(core, T38_DATA_RATE_MANAGEMENT_TRANSFERRED_TCF);
    if (log) {
        int level = SPAN_LOG_SHOW_SEVERITY | SPAN_LOG_SHOW_PROTOCOL | SPAN_LOG_SHOW_TAG | SPAN_LOG_FLOW;

        span_log_set_level(t30_get_logging_state(t30), level);
        span_log_set_level(t38_core_get_logging_state(core), level);
        span_log_set_level(t38_terminal_get_logging_state(terminal), level);
    }
    if (has(modems, "v17")) modem_bits |= T30_SUPPORT_V17;
    if (has(modems, "v29")) modem_bits |= T30_SUPPORT_V29;
    if (has(modems, "v27")) modem_bits |= T30_SUPPORT_V27TER;
    if (has(codings, "mh")) coding_bits |= T30_SUPPORT_T4_1D_COMPRESSION;
    if (has(codings, "mr")) coding_bits |= T30_SUPPORT_T4_2D_COMPRESSION;
    if (has(codings, "mmr")) coding_bits |= T30_SUPPORT_T6_COMPRESSION;
    t30_set_supported_modems(t30, modem_bits);
    t30_set_supported_compressions(t30, coding_bits);
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION
                                       | T30_SUPPORT_SUPERFINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_A4_LENGTH | T30_SUPPORT_US_LETTER_LENGTH
                                       | T30_SUPPORT_UNLIMITED_LENGTH | T30_SUPPORT_215MM_WIDTH);
    t30_set_ecm_capability(t30, ecm);
    t30_set_tx_ident(t30, ident);
    t30_set_phase_e_handler(t30, phase_e, NULL);
    if (send != NULL) t30_set_tx_file(t30, send, -1, -1);
    if (receive != NULL) t30_set_rx_file(t30, receive, -1);

    for (;;) {
        unsigned char head[3], payload[65536];
        int length;

        if (fread(head, 1, 3, stdin) != 3)
            return 1;
        length = head[1] << 8 | head[2];
        if (fread(payload, 1, (size_t) length, stdin) != (size_t) length)
            return 1;
        switch (head[0]) {
        case 'P':
            if (length < 2)
                return 1;
            t38_core_rx_ifp_packet(core, payload + 2, length - 2, (uint16_t) (payload[0] << 8 | payload[1]));
            break;
        case 'T': {
            unsigned char over;

            t38_terminal_send_timeout(terminal, 160);
            over = (unsigned char) ended;
            message('T', &over, 1);
            fflush(stdout);
            break;
        }
        case 'Q': {
            t30_stats_t stats;
            const char *far;
            char text[200];

            t30_get_transfer_statistics(t30, &stats);
            far = t30_get_rx_ident(t30);
            snprintf(text, sizeof text, "code=%d pages_sent=%d pages_received=%d ident=%s",
                     code, stats.pages_tx, stats.pages_rx, far != NULL ? far : "");
            /* Closes the TIFF. */
            t38_terminal_free(terminal);
            message('Q', text, (int) strlen(text));
            fflush(stdout);
            return 0;
        }
        default:
            return 1;
        }
    }
}
