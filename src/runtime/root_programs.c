/* Programs that an image starts as root on purpose. */
#include "commands/commands.h"
#include "runtime/runtime.h"

/* Programs that start as root on purpose. */
struct root_program {
    const char *names, *why; /* names: blanks between */
};
static const struct root_program root_programs[] = {
    {"gosu su-exec setpriv runuser su chpst setuidgid s6-setuidgid nginx httpd httpd-foreground "
     "apache2 apache2ctl apachectl apache2-foreground mysqld mysqld_safe mariadbd mariadbd-safe "
     "named dnsmasq squid squid3 unitd rspamd slapd openvpn ntpd chronyd zabbix_agentd zebra bgpd "
     "ospfd td-agent rsyslogd lighttpd unbound freeradius radiusd openresty tengine nginx-debug "
     "varnishd haproxy-systemd-wrapper php-fpm s6-applyuidgid s6-softlimit setuidgid capsh "
     "start-stop-daemon suricata pdns_server pdns_recursor tinyproxy privoxy stunnel stunnel4 "
     "collectd ntpd openntpd cupsd avahi-daemon clamd freshclam opendkim postgrey couriertcpd "
     "fluent-bit-root ejabberdctl",
     "drops root privileges itself"},
    {"sshd dropbear login getty agetty vsftpd proftpd pure-ftpd smbd nmbd winbindd xinetd inetd "
     "postfix dovecot exim exim4",
     "starts sessions of other users"},
    {"cron crond fcron anacron dcron atd", "runs jobs of other users"},
    {"supervisord monit circusd runsv svscan daemontools", "starts programs as other users"},
    {"chown chgrp usermod groupmod useradd adduser groupadd addgroup chpasswd setcap",
     "changes owners or accounts"},
    {"sudo doas", "runs commands as root"},
    {"init systemd my_init runsvdir runsvdir-start runit s6-svscan", "is an init system"},
    {"service systemctl rc-service", "starts system services"},
    {"dockerd dockerd-entrypoint.sh containerd kubelet libvirtd dhcpd keepalived hostapd rpcbind "
     "wg-quick ipsec charon-systemd xl2tpd pppd iptables ip6tables nft mount modprobe tcpdump "
     "syslog-ng fail2ban-server salt-minion salt-master salt-api salt-syndic puppet chef-client "
     "chroot ip tc syslogd klogd sysctl umount dind nsenter unshare setns mknod losetup modprobe "
     "insmod ipset ip6tables-restore iptables-restore conntrackd ldirectord tailscaled charon "
     "strongswan "
     "openconnect vpnc wg wireguard-go radvd udevd systemd-udevd udevadm dhclient dhcpcd udhcpd "
     "isc-dhcp-server in.tftpd tftpd nfsd rpc.nfsd rpc.mountd rpc.statd glusterd glusterfsd "
     "ceph-osd ceph-mon iscsid tgtd multipathd lvm dmsetup cryptsetup mdadm buildkitd "
     "rootlesskit podman crio kube-proxy kubeadm k3s flanneld calico-node cilium-agent "
     "lxcfs lxd incusd virtlogd ovs-vswitchd ovsdb-server zerotier-one nebula openvswitch "
     "certbot acme.sh fsck quotacheck auditd acpid smartd irqbalance "
     "shorewall shorewall6 ufw firewalld gparted parted virsh virtqemud "
     "gpm thermald dbus-daemon udisksd NetworkManager wpa_supplicant bluetoothd ModemManager",
     "must run as root"},
};

/* Why a program begins as root; NULL: nothing says so. */
static const char *why_program(struct str word)
{
    for (size_t i = 0; i < sizeof root_programs / sizeof root_programs[0]; i++)
        if (word_is_one_of(path_basename(word), root_programs[i].names))
            return root_programs[i].why;
    return NULL;
}

bool starts_another(struct str word)
{
    return str_starts(word, S("-")) || str_chr(word, '=') != STR_NONE ||
           word_is_one_of(path_basename(word), "tini dumb-init exec env catatonit nice nohup time "
                                               "xvfb-run strace ltrace");
}

static struct str why_words(struct arena *a, const struct field *f, size_t n, unsigned depth);

/* sh -c TEXT */
static struct str why_text(struct arena *a, const struct field *text, bool bash, unsigned depth)
{
    struct script *s = arena_new(a, struct script, 1);
    struct str why = S("");

    if (!script_read(a, text, bash, s))
        return why;
    for (node_id n = 1; n < s->image.tree->nnode && !why.n; n++) {
        const struct field *f;
        if (node_kind(s->image.tree, n) != NODE_COMMAND)
            continue;
        size_t count = image_fields(&s->image, a, n, &f);
        why = why_words(a, f, count, depth);
        const char *needs = why.n ? NULL : command_needs_root(a, f, count);
        if (needs)
            why = str_fmt(a, "the program it starts %s", needs);
    }
    for (node_id n = 1; n < s->image.tree->nnode && !why.n; n++)
        if (node_kind(s->image.tree, n) == NODE_REDIRECT &&
            is_system_path(redirect_output(&s->image, a, n)))
            why = S("the program it starts writes to a system directory");
    return why;
}

static struct str why_words(struct arena *a, const struct field *f, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n;) {
        struct str word = f[i].value.text;
        unsigned wrappers = 0;
        bool bash;
        if (f[i].value.certainty != VALUE_KNOWN) {
            i++;
            continue;
        }
        const char *why = why_program(word);
        if (why)
            return str_fmt(a, STR_FMT ", which it starts, %s", STR_ARG(path_basename(word)), why);
        size_t script = script_field(f + i, n - i, &bash);
        if (script)
            return depth ? why_text(a, &f[i + script], bash, depth - 1) : S("");
        size_t end = wrapper_step(f + i, n - i, &wrappers); /* each may be one of them */
        if (!end && !starts_another(word))
            return S("");
        i += end ? end : 1;
    }
    return S("");
}

struct str root_program_of_script(struct arena *a, struct str text)
{
    struct piece *p = arena_new(a, struct piece, 1);
    struct field f = {.word = 0};

    *p = (struct piece){.text = text, .known = true};
    f.value = value_of_pieces(a, p, 1);
    return why_text(a, &f, true, SCRIPTS_DEEP);
}

struct str root_program(struct arena *a, const struct field *f, size_t n)
{
    return why_words(a, f, n, SCRIPTS_DEEP);
}
