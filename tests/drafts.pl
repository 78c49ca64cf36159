#!/usr/bin/perl
# drafts.pl want.json -- read the messages of tests/drafts.py again with MIME-tools.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Encode qw(decode_utf8 encode_utf8);
use JSON::PP;
use MIME::Parser;
use MIME::WordDecoder;

my ($seen, $bad) = (0, 0);

# Its decoder of quoted-printable is not clean under warnings.
$SIG{__WARN__} = sub { warn @_ unless $_[0] =~ /QuotedPrint\.pm/ };

sub fault {
	print "# ", encode_utf8(join(' ', @_)), "\n";
	$bad++;
}

sub leaves {
	my ($e) = @_;
	return $e->parts ? map { leaves($_) } $e->parts : $e;
}

open my $wants, '<', $ARGV[0] or die "$ARGV[0]: $!\n";
while (<$wants>) {
	my $want = decode_json($_);
	my $parser = MIME::Parser->new;
	$parser->output_to_core(1);
	$parser->tmp_to_core(1);
	my $e = $parser->parse_open($want->{path});
	my @leaves = leaves($e);
	my @shas = @{ $want->{parts} };
	$seen++;
	fault($want->{path}, $_) for $parser->results->errors, $parser->results->warnings;
	fault($want->{path}, scalar(@leaves), 'parts') if @shas && @leaves != @shas;
	for my $i (0 .. $#shas) {
		my $got = sha256_hex($leaves[$i]->bodyhandle->as_string);
		fault($want->{path}, "part $i differs") unless grep { $_ eq $got } @{ $shas[$i] };
		my $name = $want->{names}[$i] or next;
		my $shown = $leaves[$i]->head->recommended_filename // '(none)';
		$shown = decode_utf8($shown) unless utf8::is_utf8($shown);
		fault($want->{path}, "name $shown, not $name") unless $shown eq $name;
	}
}
print $bad ? 'not ' : '', "ok 2 - $seen drafts read by MIME-tools\n";
exit($bad ? 1 : 0);
