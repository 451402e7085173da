#!/usr/bin/perl
# Answers each line with the number of its user, for ten seconds.
use IO::Socket;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0] || 18080, Listen => 5, ReuseAddr => 1)
    or die "$@\n";
alarm 10;
while (my $client = $listener->accept) { <$client>; print $client "$<\n"; close $client }
