/* doubts.c - what stands around a program that no table knows, and speaks against another user:
 * tools that work on devices or on root's sockets, programs that keep things beside themselves,
 * what the file does not put there itself. A name here keeps an image as it is, never the other
 * way. */
#include "dfix/command.h"
#include "files/files.h"
#include "runtime/start.h"

/* ---- what is installed ---- */

struct doubt {
    const char *globs, *why; /* globs: blanks between */
};
static const struct doubt packages[] = {
    {"docker docker.io docker-ce docker-ce-cli docker-cli docker-engine moby-cli docker-compose "
     "docker-compose-plugin docker-py",
     "is a client of Docker, whose socket belongs to root"},
    {"libusb* usbutils eudev udev libudev* bluez* libbluetooth* v4l-utils i2c-tools libi2c* "
     "wiringpi pigpio* lirc rtl-sdr librtlsdr* gpsd smartmontools hdparm nvme-cli dmidecode "
     "lm-sensors ipmitool freeipmi* pcscd libpcsclite* RPi.GPIO rpi-gpio pyusb bluepy pybluez "
     "smbus smbus2 python3-smbus spidev evdev pyudev pyserial python3-serial serialport noble "
     "bleno rpi.gpio python*-rpi.gpio qt5-qtserialport* darkice motion gpiozero onoff i2c-bus "
     "spi-device node-hid jax[tpu] torch_xla go.bug.st/serial */tarm/serial */gousb */go-rpio",
     "works on devices that belong to root"},
    {"tshark tcpdump wireshark* libpcap* ngrep nmap masscan aircrack-ng arp-scan arping fping "
     "mtr mtr-tiny scapy python3-scapy raw-socket net-ping pcap hping3 suricata snort zeek "
     "*/gopacket "
     "*/go-ping/ping",
     "works on raw sockets, which are root's"},
    {"iptables ip6tables nftables ipset conntrack* ebtables wireguard* strongswan* openvpn "
     "bridge-utils hostapd isc-dhcp-* keepalived libnfnetlink* libnetfilter* iproute2 iproute",
     "sets up the network, which only root may do"},
    {"fuse fuse3 sshfs davfs2 nfs-common nfs-utils cifs-utils s3fs* rclone-mount open-iscsi "
     "multipath-tools lvm2 cryptsetup mergerfs",
     "mounts file systems, which only root may do"},
};
/* It refuses a number without an entry in /etc/passwd, and looks for keys in its user's home. */
static const char ssh[] = "openssh openssh-client openssh-client-default openssh-clients";

const char *why_package(struct str name)
{
    for (size_t i = 0; name.n && i < sizeof packages / sizeof packages[0]; i++)
        if (globs_fit(str_of(packages[i].globs), name))
            return packages[i].why;
    return NULL;
}

static bool is_doubtful(struct str package, struct str spare_user)
{
    return why_package(package) || (!str_eq(spare_user, S("node")) && word_is_one_of(package, ssh));
}

static struct str why_installed(const struct started *s)
{
    struct str name =
        started_package(s, "yum dnf microdnf tdnf zypper pacman pip pip2 pip3 npm yarn pnpm",
                        is_doubtful, s->im->stage[s->stage].known.spare_user);

    if (word_is_one_of(name, ssh))
        return str_fmt(s->arena, "it installs " STR_FMT ", whose keys are in its user's home",
                       STR_ARG(name));
    if (name.n)
        return str_fmt(s->arena, "it installs " STR_FMT ", which %s", STR_ARG(name),
                       why_package(name));
    if (image_stage_says(s->im, s->stage, S("download.docker.com")) ||
        image_stage_says(s->im, s->stage, S("get.docker.com")) ||
        image_stage_says(s->im, s->stage, S("docker.sock")))
        return S("it works with Docker, whose socket belongs to root");
    struct str file, library = started_docker_library(s, &file);
    if (library.n)
        return str_fmt(s->arena,
                       STR_FMT " asks for " STR_FMT ", which talks to Docker by root's socket",
                       STR_ARG(file), STR_ARG(library));
    library = started_root_library(s, &file);
    return library.n ? str_fmt(s->arena, STR_FMT " asks for " STR_FMT ", which %s", STR_ARG(file),
                               STR_ARG(library), why_package(library))
                     : S("");
}

/* ---- what is beside the program ---- */

static const char interpreters[] = "node nodejs npm npx yarn pnpm python python2 python3 java ruby "
                                   "bundle php perl bun deno Rscript";

size_t started_words(const struct started *s, const struct field **out)
{
    node_id first = s->entrypoint ? s->entrypoint : s->command;
    struct command_list all = {.n = 0};

    if (first)
        all = started_commands(s, first);
    for (size_t i = all.n; i--;)
        if (!command_holds(&all.v[i]))
            return command_args(&all.v[i], out);
    return 0;
}

bool starts_interpreter(const struct field *f, size_t n)
{
    return n && f[0].value.certainty == VALUE_KNOWN &&
           word_is_one_of(path_basename(f[0].value.text), interpreters);
}

/* Servers that keep what they are given in a folder of their own. */
static const char keepers[] =
    "meshcentral exist existdb nexus artifactory jenkins teamcity bamboo jira confluence bitbucket "
    "youtrack hub upsource gitea gogs forgejo gitbucket minecraft minecraft_server paper paperclip "
    "spigot bukkit craftbukkit waterfall velocity bungeecord ts3server teamspeak factorio terraria "
    "TerrariaServer valheim_server openhab hass home-assistant homeassistant domoticz zigbee2mqtt "
    "node-red red nodebb ghost etherpad hackmd codimd hedgedoc wiki wikijs plexmediaserver emby "
    "EmbyServer jellyfin sonarr Sonarr radarr Radarr lidarr Lidarr prowlarr readarr jackett bazarr "
    "ombi tautulli sabnzbd SABnzbd nzbget couchpotato CouchPotato sickbeard SickBeard sickrage "
    "medusa headphones Headphones mylar Mylar deluge h2 derbyrun hsqldb orientdb arangodb couchdb "
    "influxd grafana-server kapacitord mattermost rocketchat openrefine zeppelin gerrit "
    "drone-server "
    "tinymediamanager komga kavita navidrome airsonic subsonic madsonic libresonic unifi ace "
    "pocketbase verdaccio sinopia kopano pgadmin4 metabase crafty pufferpanel gotify gotify-app "
    "owncast clusterodm nodeodm uptime-kuma n8n nocodb directus strapi appsmith baserow trilium "
    "joplin kanboard calibre-web mopidy homebridge iobroker scrypted frigate freshrss wallabag "
    "redis-server valkey-server keydb-server etcd bookstack grocy actual-server paperless "
    "nats-server photoprism immich lychee piwigo seafile filebrowser "
    "cloudreve alist overseerr jellyseerr tdarr unmanic pyload webgoat";

static struct str keeper_among(struct str path)
{
    struct str part, found = S("");

    while (!found.n && str_cut(&path, '/', &part))
        found = word_is_one_of(part, keepers) ? part : S("");
    return found;
}

/* The file gives something to somebody, or the folder that it works in is a volume, and given. */
static bool gives_folders(const struct started *s)
{
    struct str at = image_working_folder(s->im, s->arena, s->stage), rest;
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && (str_eq(at, v[i].path) || path_is_below(at, v[i].path, &rest)))
            return true;
    return image_stage_runs(s->im, s->stage, "chown chgrp chmod");
}

static struct str why_keeper(const struct started *s)
{
    const struct field *f;
    size_t n = gives_folders(s) ? 0 : started_words(s, &f);
    struct str found = n ? keeper_among(image_working_folder(s->im, s->arena, s->stage)) : S("");

    for (size_t i = 0; i < n && i < 8 && !found.n; i++) {
        struct str name = path_basename(path_without_slash(f[i].value.text));
        ptrdiff_t dot = str_rchr(name, '.');
        bool known = f[i].value.certainty == VALUE_KNOWN && !str_starts(f[i].value.text, S("-"));
        if (dot > 0 && word_is_one_of(str_from(name, (size_t)dot), ".js .jar .war .py .dll .exe"))
            name = str_sub(name, 0, (size_t)dot);
        found = known && word_is_one_of(name, keepers) ? name : S("");
    }
    return found.n ? str_fmt(s->arena,
                             STR_FMT ", which it starts, keeps its data in a folder that root owns",
                             STR_ARG(found))
                   : S("");
}

/* X/bin/NAME start, of `mix release`: it writes its configuration to X/tmp before it starts. */
static bool is_release(const struct started *s, struct str program, struct str word)
{
    static const char starts[] = "start start_iex daemon daemon_iex";
    bool released = false;

    if (!word_is_one_of(word, starts) || !str_eq(path_basename(folder_around(program)), S("bin")) ||
        image_stage_defines(s->im, s->stage, S("RELEASE_TMP")))
        return false;
    for (const struct command *c = NULL; !released && (c = command_next(s->im, c, PHASE_BUILD));) {
        const struct field *f;
        size_t n = str_eq(c->name, S("mix")) ? command_args(c, &f) : 0;
        for (size_t i = 1; i < n; i++)
            released |=
                f[i].value.certainty == VALUE_KNOWN && str_eq(f[i].value.text, S("release"));
    }
    return released;
}

/* They write beside what they serve: logs, pids, a database of their own. */
static struct str why_beside(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str folder = image_working_folder(s->im, s->arena, s->stage);

    for (size_t i = 0; i + 1 < n && i < 6; i++) {
        struct str name = path_basename(f[i].value.text), next = f[i + 1].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            break;
        bool release = is_release(s, f[i].value.text, next);
        if (release)
            folder = folder_around(folder_around(f[i].value.text));
        bool manage = str_eq(name, S("rails")) && word_is_one_of(next, "s server");
        manage |= str_eq(name, S("manage.py")) && str_eq(next, S("runserver"));
        manage |= str_eq(name, S("twistd"));     /* twistd.pid */
        manage |= str_eq(next, S("foreground")); /* an Erlang release: its configuration */
        manage |= release;
        manage |= word_is_one_of(name, "cargo go gradle gradlew mvn mvnw bazel") &&
                  word_is_one_of(next, "run bootRun spring-boot:run exec:java");
        if (manage && (!folder.n || !image_gives_away(s->im, s->stage, folder)))
            return str_fmt(s->arena,
                           "`" STR_FMT " " STR_FMT
                           "` writes to its own folder, which root owns; `chown` it first",
                           STR_ARG(name), STR_ARG(next));
    }
    return S("");
}

/* Ports of services that a host has for itself: they are mapped one to one, or share its network,
 * where root alone may listen on them. */
bool port_is_hosts(struct str port)
{
    return word_is_one_of(port, "53 67 68 69 111 123 137 138 139 161 162 445 514 853");
}

static struct str why_port(const struct started *s)
{
    struct str ports = image_low_ports(s->im, s->arena, s->stage), port;

    while (str_cut(&ports, ',', &port))
        if (port_is_hosts(str_trim(port)))
            return str_fmt(s->arena,
                           "port " STR_FMT
                           " is one of the host's own services, where only root may listen",
                           STR_ARG(str_trim(port)));
    return S("");
}

/* It is there for a network, and nothing says where it listens: it may as well make devices. */
static struct str why_network(const struct started *s)
{
    const struct field *f;
    size_t n = started_exposes(s) ? 0 : started_words(s, &f);
    struct str name = n ? path_basename(f[0].value.text) : S(""), rest = name;

    while (rest.n) {
        size_t end = 0;
        while (end < rest.n && str_chr(S("-_."), rest.p[end]) == STR_NONE)
            end++;
        if (word_is_one_of(str_sub(rest, 0, end), "tunnel vpn bridge tap router nat dhcp"))
            return str_fmt(s->arena,
                           "nothing says where " STR_FMT
                           " listens (EXPOSE), and what of the network it works on is not known",
                           STR_ARG(name));
        rest = str_from(rest, end + (end < rest.n));
    }
    return S("");
}

/* A script in the folder that it works in, which root owns: whether it writes there only its text
 * tells. */
struct str started_unread(const struct started *s)
{
    static const char scripted[] = "python python2 python3 ruby perl php";
    const struct field *f;
    size_t n = started_words(s, &f);
    struct str at = image_working_folder(s->im, s->arena, s->stage), rest, text;

    if (n < 2 || !at.n || f[0].value.certainty != VALUE_KNOWN ||
        f[1].value.certainty != VALUE_KNOWN ||
        !word_is_one_of(path_basename(f[0].value.text), scripted) ||
        str_chr(path_basename(f[1].value.text), '.') <= 0 || gives_folders(s))
        return S("");
    struct str script = path_from(s->arena, at, f[1].value.text);
    if (!path_is_below(script, at, &rest) || started_text(s, script, &text))
        return S("");
    return str_fmt(s->arena,
                   STR_FMT ", which it starts, is not in the build context, and works in " STR_FMT
                           ", which root owns",
                   STR_ARG(f[1].value.text), STR_ARG(at));
}

/* A script that may as well do one thing and end: what it works on, and where it writes, is not
 * known. */
static struct str why_no_service(const struct started *s)
{
    static const char scripted[] = "python python2 python3 ruby perl php Rscript";
    const struct field *f;
    size_t n = started_words(s, &f);

    if (n < 2 || started_exposes(s) || f[0].value.certainty != VALUE_KNOWN ||
        !word_is_one_of(path_basename(f[0].value.text), scripted))
        return S("");
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        bool known = f[i].value.certainty == VALUE_KNOWN;
        if (!known || names_service(s->arena, word) || word_is_one_of(word, "-m -c -e -S"))
            return S("");
        if (!str_starts(word, S("-")))
            return str_fmt(s->arena,
                           "nothing says that " STR_FMT
                           " is a service (EXPOSE, HEALTHCHECK, VOLUME), and where it writes is "
                           "not known",
                           STR_ARG(word));
    }
    return S("");
}

/* Does the stage name root, and nobody else, where its base is root already? */
static bool asks_for_root(const struct started *s)
{
    const struct tree *t = s->im->tree;
    const struct stage *stage = &s->im->stage[s->stage];
    bool asks = false;

    if (image_first_user(s->im, s->stage).who != WHO_ROOT)
        return false;
    for (node_id n = stage->from; n && n <= stage->last; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION || node_instruction(t, n) != INST_USER)
            continue;
        if (image_written_user(s->im, n).who != WHO_ROOT)
            return false;
        asks = true;
    }
    return asks;
}

/* Its author has asked for root without need, and may know why: only the program's text tells. */
static struct str why_asked(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f), i = 1;
    struct str text;

    if (!starts_interpreter(f, n) || gives_folders(s) || !asks_for_root(s))
        return S("");
    while (i < n && str_starts(f[i].value.text, S("-")))
        i++;
    if (i == n || f[i].value.certainty != VALUE_KNOWN || started_text(s, f[i].value.text, &text))
        return S("");
    return str_fmt(s->arena,
                   "the file asks for root, which it is already, and " STR_FMT
                   ", which may need it, is not in the build context",
                   STR_ARG(f[i].value.text));
}

/* ---- what is mounted ---- */

static bool puts_something(const struct started *s)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction op =
            node_kind(t, n) == NODE_INSTRUCTION ? node_instruction(t, n) : INST_UNKNOWN;
        if ((op == INST_COPY || op == INST_ADD) && started_is_on(s, image_stage_of(s->im, n)))
            return true;
    }
    for (const struct command *c = NULL; (c = command_next(s->im, c, PHASE_BUILD));)
        if (started_is_on(s, c->stage) &&
            !word_is_one_of(c->name, "apt apt-get apk yum dnf microdnf rm mkdir useradd adduser "
                                     "groupadd addgroup chown chmod set export cd"))
            return true;
    return false;
}

/* An interpreter that is given a file where the file puts none. */
static struct str why_mounted(const struct started *s)
{
    const struct field *f;
    size_t n = started_words(s, &f);

    for (size_t i = 1; starts_interpreter(f, n) && i < n; i++) {
        struct str word = f[i].value.text;
        bool option = f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("-"));
        bool script = str_ends(word, S(".js")) || str_ends(word, S(".py")) ||
                      str_ends(word, S(".jar")) || str_ends(word, S(".rb")) ||
                      str_ends(word, S(".php")) || str_ends(word, S(".pl"));
        if (option || !script)
            continue;
        return puts_something(s)
                   ? S("")
                   : str_fmt(s->arena, STR_FMT ", which it starts, is not put there by the file",
                             STR_ARG(word));
    }
    return S("");
}

struct str started_doubt(const struct started *s)
{
    static struct str (*const reasons[])(const struct started *s) = {
        why_installed, why_keeper,  why_beside,     why_mounted,
        why_port,      why_network, why_no_service, why_asked};
    struct str why = S("");

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0] && !why.n; i++)
        why = reasons[i](s);
    return why;
}

/* ---- what is started by hand ---- */

static bool is_exec(const struct started *s, node_id instruction)
{
    return instruction && node_next(s->im->tree, instruction, 0, NODE_EXEC);
}

/* Files that it is given: a relative folder, `images/`. */
static bool names_folders(const struct field *f, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty == VALUE_KNOWN && str_ends(f[i].value.text, S("/")) &&
            !str_starts(f[i].value.text, S("/")) && !str_starts(f[i].value.text, S("-")))
            return true;
    return false;
}

/* A WORKDIR behind which nothing is put there: what it works on is mounted. */
static bool works_on_mounted(const struct started *s)
{
    const struct tree *t = s->im->tree;
    const struct stage *stage = &s->im->stage[s->stage];
    node_id last = 0;

    for (node_id n = stage->from; n && n <= stage->last; n = node_sibling(t, n)) {
        enum instruction op =
            node_kind(t, n) == NODE_INSTRUCTION ? node_instruction(t, n) : INST_UNKNOWN;
        if (op == INST_WORKDIR)
            last = n;
        else if (op == INST_COPY || op == INST_ADD || op == INST_RUN)
            last = 0;
    }
    node_id word = last ? node_next(t, last, 0, NODE_WORD) : 0;
    struct str path = word ? path_without_slash(node_text(t, word)) : S("");
    return word_is_one_of(path_basename(path), "data work workspace workdir mnt repo project input "
                                               "output share shared files wd code src");
}

/* What it does is done at once: `generator generate`. A service may begin so, and says where it
 * listens. */
static bool does_one_thing(const struct started *s, const struct field *f, size_t n)
{
    static const char once[] =
        "generate gen build compile convert render lint check test init create fetch export import "
        "dump scan analyze report help --help -h version --version";

    return n == 2 && f[1].value.certainty == VALUE_KNOWN && word_is_one_of(f[1].value.text, once) &&
           !started_exposes(s) && !starts_interpreter(f, n);
}

bool started_by_hand(const struct started *s, struct str *program)
{
    const struct field *f;
    size_t n = started_words(s, &f);

    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return false;
    *program = path_basename(f[0].value.text);
    if (names_folders(f, n) || does_one_thing(s, f, n))
        return true;
    if (!s->entrypoint || s->command)
        return false;
    bool script = word_is_one_of(*program, "python python2 python3 perl ruby Rscript php julia");
    return works_on_mounted(s) || (script && is_exec(s, s->entrypoint));
}
