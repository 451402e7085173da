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

/* Each program that only starts another may be one of them; behind one that is not known another
 * may follow. */
static struct str why_words(struct arena *a, const struct command *c)
{
    const struct field *f;
    size_t n = command_words(c, &f);

    for (size_t i = c->wrappers & WRAP_FIND ? c->at : 0; i < n && i < c->end;) {
        struct str word = f[i].value.text;
        unsigned wrappers = 0;
        bool known = f[i].value.certainty == VALUE_KNOWN;
        const char *why = known ? why_program(word) : NULL;
        if (why)
            return str_fmt(a, STR_FMT ", which it starts, %s", STR_ARG(path_basename(word)), why);
        size_t step = known ? wrapper_step(f + i, n - i, &wrappers) : 1;
        if (!step)
            return S("");
        i += step;
    }
    return S("");
}

/* What the shell itself writes, in a text of its own. */
static bool writes_to_system(struct arena *a, const struct scope *sc)
{
    for (node_id n = 1; n < sc->tree->nnode; n++)
        if (node_kind(sc->tree, n) == NODE_REDIRECT && is_system_path(redirect_output(sc, a, n)))
            return true;
    return false;
}

struct str root_program(struct arena *a, struct command_list all)
{
    struct str why = S("");
    const struct scope *read = NULL;

    for (size_t i = 0; i < all.n && !why.n; i++) {
        const struct command *c = &all.v[i];
        bool of_text = c->within || !c->instruction;
        why = why_words(a, c);
        const char *needs = why.n || !of_text ? NULL : command_needs_root(a, c);
        if (needs)
            why = str_fmt(a, "the program it starts %s", needs);
    }
    for (size_t i = 0; i < all.n && !why.n; i++) {
        const struct command *c = &all.v[i];
        if (c->scope != read && (c->within || !c->instruction) && writes_to_system(a, c->scope))
            why = S("the program it starts writes to a system directory");
        read = c->scope;
    }
    return why;
}

struct str root_program_of_script(struct arena *a, struct str text)
{
    struct command_list all;

    return commands_of_text(a, text, &all) ? root_program(a, all) : S("");
}
