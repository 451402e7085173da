/* doubts.c - what stands around a program that no table knows, and speaks against another user:
 * tools that work on devices or on root's sockets, programs that keep things beside themselves,
 * what the file does not put there itself. A name here keeps an image as it is, never the other
 * way. */
#include "dfix/command.h"
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
     "bleno",
     "works on devices that belong to root"},
    {"tshark tcpdump wireshark* libpcap* ngrep nmap masscan aircrack-ng arp-scan arping fping "
     "mtr mtr-tiny scapy python3-scapy raw-socket net-ping pcap hping3 suricata snort zeek",
     "works on raw sockets, which are root's"},
    {"iptables ip6tables nftables ipset conntrack* ebtables wireguard* strongswan* openvpn "
     "bridge-utils hostapd isc-dhcp-* keepalived libnfnetlink* libnetfilter*",
     "sets up the network, which only root may do"},
    {"fuse fuse3 sshfs davfs2 nfs-common nfs-utils cifs-utils s3fs* rclone-mount open-iscsi "
     "multipath-tools lvm2 cryptsetup mergerfs",
     "mounts file systems, which only root may do"},
};

static const char *why_package(struct str name)
{
    for (size_t i = 0; name.n && i < sizeof packages / sizeof packages[0]; i++)
        if (globs_fit(str_of(packages[i].globs), name))
            return packages[i].why;
    return NULL;
}

static struct str say_package(const struct started *s, struct str name)
{
    return str_fmt(s->arena, "it installs " STR_FMT ", which %s", STR_ARG(name), why_package(name));
}

static bool is_here(const struct started *s, unsigned stage)
{
    return stage != UINT32_MAX && image_is_built_on(s->im, s->stage, stage);
}

/* pip install pyserial==3.5, yum install docker-ce. */
static struct str package_of_command(const struct command *c)
{
    const struct field *f;

    if (!word_is_one_of(c->name, "yum dnf microdnf tdnf zypper pacman pip pip2 pip3 npm yarn pnpm"))
        return S("");
    size_t n = command_args(c, &f);
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text, name;
        size_t end = 0;
        if (f[i].value.certainty != VALUE_KNOWN || str_starts(word, S("-")))
            continue;
        if (word_is_one_of(word, "remove erase autoremove uninstall"))
            return S("");
        while (end < word.n && str_chr(S("=<>~![@"), word.p[end]) == STR_NONE)
            end++;
        name = str_sub(word, 0, end);
        if (why_package(name))
            return name;
    }
    return S("");
}

static struct str why_installed(const struct started *s)
{
    size_t ninstall;
    const struct install *install = image_installs(s->im, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        if (in->verb != VERB_INSTALL || !is_here(s, in->stage))
            continue;
        for (size_t k = 0; k < in->npackage; k++)
            if (in->package[k].kind <= PACKAGE_CONSTRAINED && why_package(in->package[k].name))
                return say_package(s, in->package[k].name);
    }
    for (const struct command *c = NULL; (c = command_next(s->im, c, PHASE_BUILD));) {
        struct str name = is_here(s, c->stage) ? package_of_command(c) : S("");
        if (name.n)
            return say_package(s, name);
    }
    if (image_stage_says(s->im, s->stage, S("download.docker.com")) ||
        image_stage_says(s->im, s->stage, S("get.docker.com")) ||
        image_stage_says(s->im, s->stage, S("docker.sock")))
        return S("it works with Docker, whose socket belongs to root");
    return S("");
}

/* ---- what is beside the program ---- */

static const char interpreters[] = "node nodejs npm npx yarn pnpm python python2 python3 java ruby "
                                   "bundle php perl bun deno Rscript";

/* The words of what is started. */
static size_t words_of(const struct started *s, const struct field **out)
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

static bool is_interpreted(const struct field *f, size_t n)
{
    return n && f[0].value.certainty == VALUE_KNOWN &&
           word_is_one_of(path_basename(f[0].value.text), interpreters);
}

/* The folder that `git clone URL [FOLDER]` makes; "" it is none, or not known. */
static struct str cloned_folder(const struct command *c)
{
    const struct field *f;
    size_t n = str_eq(c->name, S("git")) ? command_args(c, &f) : 0, operands = 0;
    struct str folder = S("");
    bool clones = false;

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            return S("");
        if (str_eq(word, S("clone")))
            clones = true;
        else if (clones && str_starts(word, S("-")))
            i += word_is_one_of(word, "-b --branch --depth -c --config -o --origin -j");
        else if (clones && ++operands <= 2)
            folder = path_basename(path_without_slash(word));
    }
    if (str_ends(folder, S(".git")))
        folder = str_sub(folder, 0, folder.n - 4);
    return clones ? folder : S("");
}

/* Is the name one of the folders of the path? */
static bool passes(struct str path, struct str name)
{
    struct str part;

    while (str_cut(&path, '/', &part))
        if (str_eq(part, name))
            return true;
    return false;
}

/* The last WORKDIR of the stage, as written. */
static struct str last_workdir(const struct started *s)
{
    const struct tree *t = s->im->tree;
    const struct stage *stage = &s->im->stage[s->stage];
    struct str last = S("");

    for (node_id n = stage->from; n && n <= stage->last; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_WORKDIR &&
            node_next(t, n, 0, NODE_WORD))
            last = node_text(t, node_next(t, n, 0, NODE_WORD));
    return last;
}

/* Code that the build gets from elsewhere, and an interpreter runs where it lies. */
static struct str why_cloned(const struct started *s)
{
    const struct field *f;
    size_t n = words_of(s, &f);
    struct str folder = image_working_folder(s->im, s->arena, s->stage);
    struct str last = last_workdir(s);

    if (!is_interpreted(f, n) || (folder.n && image_gives_away(s->im, s->stage, folder)))
        return S("");
    for (const struct command *c = NULL; (c = command_next(s->im, c, PHASE_BUILD));) {
        struct str name = is_here(s, c->stage) ? cloned_folder(c) : S("");
        bool there = name.n && (passes(folder, name) || passes(last, name));
        for (size_t i = 0; i < n && name.n; i++)
            there |= f[i].value.certainty == VALUE_KNOWN && passes(f[i].value.text, name);
        if (there)
            return str_fmt(s->arena,
                           "it runs what `git clone` put into " STR_FMT
                           ", and it is not known what that writes there; `chown` it if it does",
                           STR_ARG(name));
    }
    return S("");
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
    "pocketbase verdaccio sinopia kopano pgadmin4 metabase crafty pufferpanel";

static bool has_volume(const struct started *s)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume)
            return true;
    return image_stage_runs(s->im, s->stage, "chown chgrp chmod");
}

static struct str why_keeper(const struct started *s)
{
    const struct field *f;
    size_t n = words_of(s, &f);

    for (size_t i = 0; i < n && i < 8; i++) {
        struct str name = path_basename(path_without_slash(f[i].value.text));
        ptrdiff_t dot = str_rchr(name, '.');
        bool known = f[i].value.certainty == VALUE_KNOWN && !str_starts(f[i].value.text, S("-"));
        if (dot > 0 && word_is_one_of(str_from(name, (size_t)dot), ".js .jar .war .py .dll .exe"))
            name = str_sub(name, 0, (size_t)dot);
        if (known && word_is_one_of(name, keepers) && !has_volume(s))
            return str_fmt(s->arena,
                           STR_FMT ", which it starts, keeps its data in a folder that root owns",
                           STR_ARG(name));
    }
    return S("");
}

/* They write beside what they serve: logs, pids, a database of their own. */
static struct str why_beside(const struct started *s)
{
    const struct field *f;
    size_t n = words_of(s, &f);
    struct str folder = image_working_folder(s->im, s->arena, s->stage);

    for (size_t i = 0; i + 1 < n && i < 6; i++) {
        struct str name = path_basename(f[i].value.text), next = f[i + 1].value.text;
        if (f[i].value.certainty != VALUE_KNOWN)
            break;
        bool manage = str_eq(name, S("rails")) && word_is_one_of(next, "s server");
        manage |= str_eq(name, S("manage.py")) && str_eq(next, S("runserver"));
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

static bool is_in(struct str path, struct str folder)
{
    return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* Does an ENV name the folder, or what lies in it? */
static bool env_names(const struct started *s, struct str folder)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool env = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ENV &&
                   is_here(s, image_stage_of(s->im, n));
        for (node_id p = 0; env && (p = node_next(t, n, p, NODE_PAIR));) {
            node_id word = node_next(t, p, 0, NODE_WORD);
            struct value v = word ? image_value(s->im, s->arena, word) : (struct value){0};
            if (v.certainty == VALUE_KNOWN && is_in(v.text, folder))
                return true;
        }
    }
    return false;
}

/* What is given to the user anyway. */
static bool is_volume(const struct started *s, struct str folder)
{
    const struct folder *v;
    size_t n = image_root_folders(s->im, s->arena, s->stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && (is_in(folder, v[i].path) || is_in(v[i].path, folder)))
            return true;
    return false;
}

/* Does it put a program there, not a single file such as its configuration? */
static bool fills(const struct deed *d, struct str folder)
{
    bool puts = d->kind == DEED_COPY || d->kind == DEED_UNPACK || d->kind == DEED_FETCH ||
                d->kind == DEED_WRITE;
    bool file = d->kind == DEED_COPY && !d->command && !str_eq(d->to.path, folder);

    return puts && !file && is_in(d->to.path, folder);
}

/* A folder that the file makes and a variable names, though the program does not lie there. */
static struct str why_named(const struct started *s)
{
    struct str here = image_working_folder(s->im, s->arena, s->stage);
    size_t n;
    const struct deed *deed = image_deeds(s->im, &n);

    for (size_t i = 0; i < n; i++) {
        const struct deed *d = &deed[i], *k = d;
        struct str folder = d->to.path;
        if (d->kind != DEED_FOLDER || !d->command || !is_here(s, d->command->stage) ||
            !place_is_said(&d->to) || !str_starts(folder, S("/")) ||
            (here.n && (is_in(here, folder) || is_in(folder, here))) || is_in(folder, S("/etc")) ||
            is_volume(s, folder))
            continue;
        while (k < deed + n && !fills(k, folder))
            k++;
        if (k == deed + n && env_names(s, folder) && !image_gives_away(s->im, s->stage, folder))
            return str_fmt(s->arena,
                           "a variable names " STR_FMT
                           ", which root owns, and it is not known what is written there",
                           STR_ARG(folder));
    }
    return S("");
}

/* Ports of services that a host has for itself: they are mapped one to one, or share its network,
 * where root alone may listen on them. */
static struct str why_port(const struct started *s)
{
    struct str ports = image_low_ports(s->im, s->arena, s->stage), port;

    while (str_cut(&ports, ',', &port))
        if (word_is_one_of(str_trim(port), "53 67 68 69 111 123 137 138 139 161 162 445 514 853"))
            return str_fmt(s->arena,
                           "port " STR_FMT
                           " is one of the host's own services, where only root may listen",
                           STR_ARG(str_trim(port)));
    return S("");
}

/* A script that may as well do one thing and end: what it works on, and where it writes, is not
 * known. */
static struct str why_no_service(const struct started *s)
{
    static const char scripted[] = "python python2 python3 ruby perl php Rscript";
    static const char *const services[] = {
        "app",      "main",      "server", "serve",   "service",    "api",
        "web",      "bot",       "worker", "daemon",  "run",        "start",
        "wsgi",     "asgi",      "index",  "manage",  "agent",      "exporter",
        "monitor",  "watch",     "listen", "proxy",   "gateway",    "consumer",
        "producer", "scheduler", "celery", "handler", "controller", "operator"};
    const struct field *f;
    size_t n = words_of(s, &f);

    if (n < 2 || started_exposes(s) || f[0].value.certainty != VALUE_KNOWN ||
        !word_is_one_of(path_basename(f[0].value.text), scripted))
        return S("");
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text, name = str_lower(s->arena, path_basename(word));
        bool known = f[i].value.certainty == VALUE_KNOWN;
        for (size_t k = 0; k < sizeof services / sizeof services[0]; k++)
            known &= str_find(name, str_of(services[k])) == STR_NONE;
        if (!known || word_is_one_of(word, "-m -c -e -S"))
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

/* ---- what is mounted ---- */

static bool puts_something(const struct started *s)
{
    const struct tree *t = s->im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction op =
            node_kind(t, n) == NODE_INSTRUCTION ? node_instruction(t, n) : INST_UNKNOWN;
        if ((op == INST_COPY || op == INST_ADD) && is_here(s, image_stage_of(s->im, n)))
            return true;
    }
    for (const struct command *c = NULL; (c = command_next(s->im, c, PHASE_BUILD));)
        if (is_here(s, c->stage) &&
            !word_is_one_of(c->name, "apt apt-get apk yum dnf microdnf rm mkdir useradd adduser "
                                     "groupadd addgroup chown chmod set export cd"))
            return true;
    return false;
}

/* An interpreter that is given a file where the file puts none. */
static struct str why_mounted(const struct started *s)
{
    const struct field *f;
    size_t n = words_of(s, &f);

    for (size_t i = 1; is_interpreted(f, n) && i < n; i++) {
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
        why_installed, why_keeper, why_cloned,     why_beside,
        why_mounted,   why_port,   why_no_service, why_named};
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

bool started_by_hand(const struct started *s, struct str *program)
{
    const struct field *f;
    size_t n = words_of(s, &f);

    if (!n || f[0].value.certainty != VALUE_KNOWN)
        return false;
    *program = path_basename(f[0].value.text);
    if (names_folders(f, n))
        return true;
    if (!s->entrypoint || s->command)
        return false;
    bool script = word_is_one_of(*program, "python python2 python3 perl ruby Rscript php julia");
    return works_on_mounted(s) || (script && is_exec(s, s->entrypoint));
}
