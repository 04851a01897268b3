"""What terminals send that no app asked for, and that none should fail on."""

MILLION = 10**6
WHOLE = {
    "old mouse": b"\x1b[M \x934",
    "Latin-1 keys": b"\xe9\xa0",
    "Latin-1 in a paste": b"\x1b[200~20 \xb0C\x1b[201~",
    "surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "too long a form": b"\xc0\xaf\xe0\x80\x80\xf8\x88\x80\x80\x80",
    "8-bit controls": b"\x9bE\x8fE\x9d0;x\x07\x90abc\x1b\\",
    "focus": b"\x1b[O\x1b[I" * 5000,
    "no character": b"\x1b[1114112u\x1b[97;1;1114112u\x1b[55296u\x1b[97;1;56320u",
    "odd numbers": b"\x1b[97;1:3u\x1b[97;0;98u\x1b[97;999999u\x1b[:;:;:u\x1b[99999999999999999u",
    "false sizes": b"\x1b[?2048;2$y\x1b[48;1;1;1;1t\x1b[48;60000;60000;1;1t\x1b[48;0;0;0;0t",
    "NUL": b"\0" * 10_000,
    "mouse far away": b"\x1b[<0;0;0M\x1b[<0;-5;-5M\x1b[<0;99999;9M\x1b[<0;1;1000000000M",
    "cursor": b"\x1b[5;5R" * 1000,
    "answers": b"\x1b[?2026;2$y" * 10_000 + b"\x1b[?62;4c\x1b]11;rgb:0/0/0\x1b\\\x1bP1$r0m\x1b\\",
    "paste": b"\x1b[200~" + b"9" * MILLION + b"\x1b[201~",
}
ENDLESS = {
    "numbers": b"\x1b[" + b"1;" * (MILLION // 2),
    "one number": b"\x1b[" + b"1" * MILLION,
    "OSC": b"\x1b]52;c;" + b"A" * MILLION,
    "DCS": b"\x1bP" + b"zq" * (MILLION // 2),
    "APC": b"\x1b_" + b"z" * MILLION,
    "PM": b"\x1b^" + b"z" * MILLION,
}
ENDLESS_PASTE = b"\x1b[200~" + b"9" * MILLION
HOSTILE = {**WHOLE, **ENDLESS, "paste without an end": ENDLESS_PASTE}
