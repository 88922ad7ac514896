//! The requirements of the standards on a recipient, case by case: input to be understood, and
//! input to be refused. Each case names its section; the vectors of request smuggling have files of
//! their own.
#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::fmt::Write as _;

use segue::{Buffer, Encode, Output, Step};
use segue_http1::{RequestEvent, RequestParts, ResponseEvent, Target, Whole, client, server};

/// The events of a server for `input`, in words, and its answer to the rest.
fn requests(input: &[u8]) -> String {
    let (mut stage, mut buffer) = (server::Reader::new().listening(), Buffer::from(input));
    let mut seen = String::new();
    loop {
        match buffer.step(&mut stage, true, &mut Output::new()) {
            Ok(Step::Item(RequestEvent::Head(head))) => {
                write!(seen, "{} {}", head.method(), head.target()).unwrap();
                for (name, value) in
                    head.headers().lines().map(|header| (header.name, header.value))
                {
                    write!(seen, "|{}={}", name.escape_ascii(), value.escape_ascii()).unwrap();
                }
                seen += if head.keep_alive() { " " } else { " last " };
            }
            Ok(Step::Item(RequestEvent::Piece(piece))) => {
                write!(seen, "[{}] ", piece.escape_ascii()).unwrap();
            }
            Ok(Step::Item(RequestEvent::Trailers(trailers))) => {
                write!(seen, "+{} ", trailers.len()).unwrap();
            }
            Ok(Step::Item(RequestEvent::End)) => seen += "end ",
            Ok(Step::Item(other)) => write!(seen, "{other:?} ").unwrap(),
            Ok(_) => return seen + "left " + &buffer.as_slice().escape_ascii().to_string(),
            Err(fault) => {
                let status = fault.error().map_or(0, segue_http1::Error::status);
                return seen + &status.to_string();
            }
        }
    }
}

/// The events for `input` of a client that has sent a request of each of `methods`.
fn responses(methods: &[&str], input: &[u8]) -> String {
    let ((mut stage, mut writer), mut buffer) = (client(), Buffer::from(input));
    for method in methods {
        let target = if *method == "CONNECT" { "a:1" } else { "/" };
        let head = RequestParts::new(method, target, [("Host", "a")]);
        writer.encode(Whole::new(head, &b""[..]), &mut Output::new()).unwrap();
    }
    let mut seen = String::new();
    loop {
        match buffer.step(&mut stage, true, &mut Output::new()) {
            Ok(Step::Item(ResponseEvent::Informational(head))) => {
                write!(seen, "({}) ", head.status()).unwrap();
            }
            Ok(Step::Item(ResponseEvent::Head(head))) => {
                write!(seen, "{} ", head.status()).unwrap();
            }
            Ok(Step::Item(ResponseEvent::Switched(head))) => {
                write!(seen, "switched {} ", head.status()).unwrap();
            }
            Ok(Step::Item(ResponseEvent::Piece(piece))) => {
                write!(seen, "[{}] ", piece.escape_ascii()).unwrap();
            }
            Ok(Step::Item(ResponseEvent::Trailers(trailers))) => {
                write!(seen, "+{} ", trailers.len()).unwrap();
            }
            Ok(Step::Item(_)) => seen += "end ",
            Ok(_) => return seen + "left " + &buffer.as_slice().escape_ascii().to_string(),
            Err(fault) => {
                let section = fault.error().map_or("cut short", segue_http1::Error::section);
                return seen + section;
            }
        }
    }
}

/// Each line: name, the section that it is about, input, what is seen.
macro_rules! seen {
    ($($name:ident, $section:literal: $seen:expr => $expected:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_eq!($seen, $expected, $section);
        })*
    };
}

seen! {
    // Request lines.
    empty_lines_before_a_request, "RFC 9112 §2.2":
        requests(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n") => "GET /|Host=a end left ";
    an_empty_line_behind_a_body, "RFC 9112 §2.2":
        requests(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        => "POST /|Host=a|Content-Length=2 [hi] end GET /|Host=a end left ";
    a_version_for_a_target, "RFC 9112 §3.2":
        requests(b"M-K!x HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    a_method_is_any_token, "RFC 9110 §9.1":
        requests(b"m-k!x / HTTP/1.1\r\nHost: a\r\n\r\n") => "m-k!x /|Host=a end left ";
    text_before_the_method, "RFC 9112 §3":
        requests(b"Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    a_later_minor_version, "RFC 9110 §2.5":
        requests(b"GET / HTTP/1.7\r\nHost: a\r\n\r\n") => "GET /|Host=a end left ";
    another_major_version, "RFC 9110 §15.6.6":
        requests(b"GET / HTTP/9.9\r\nHost: a\r\n\r\n") => "505";
    a_longer_minor_version, "RFC 9112 §2.3":
        requests(b"GET / HTTP/1.32\r\nHost: a\r\n\r\n") => "400";
    a_line_end_for_a_space, "RFC 9112 §3":
        requests(b"GET /\nHTTP/1.1\r\nHost: a\r\n\r\n") => "400";

    // Request targets.
    origin_form, "RFC 9112 §3.2.1":
        requests(b"GET /where?q=now HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
        => "GET /where?q=now|Host=www.example.org end left ";
    absolute_form, "RFC 9112 §3.2.2":
        requests(b"GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\nHost: other\r\n\r\n")
        => "GET http://www.example.org/pub/WWW/TheProject.html|Host=other end left ";
    absolute_form_still_needs_a_host, "RFC 9112 §3.2":
        requests(b"GET http://www.example.org/ HTTP/1.1\r\n\r\n") => "400";
    authority_form, "RFC 9112 §3.2.3":
        requests(b"CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\nrest")
        => "CONNECT www.example.com:80|Host=www.example.com end left rest";
    authority_form_of_an_address, "RFC 9112 §3.2.3":
        requests(b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n")
        => "CONNECT [::1]:443|Host=[::1]:443 end left ";
    authority_form_without_a_port, "RFC 9110 §9.3.6":
        requests(b"CONNECT www.example.com HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    authority_form_with_an_empty_port, "RFC 9110 §9.3.6":
        requests(b"CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    authority_form_with_a_user, "RFC 9112 §3.2.3":
        requests(b"CONNECT u@a:1 HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    connect_with_a_path, "RFC 9112 §3.2.3":
        requests(b"CONNECT /a:1 HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    connect_with_a_body, "RFC 9110 §9.3.6":
        requests(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") => "400";
    asterisk_form, "RFC 9112 §3.2.4":
        requests(b"OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n")
        => "OPTIONS *|Host=www.example.org:8001 end left ";
    asterisk_form_of_another_method, "RFC 9112 §3.2.4":
        requests(b"GET * HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    options_of_a_whole_server_through_a_proxy, "RFC 9112 §3.2.4":
        requests(b"OPTIONS http://www.example.org:8001 HTTP/1.1\r\nHost: a\r\n\r\n")
        => "OPTIONS http://www.example.org:8001|Host=a end left ";
    a_target_that_is_no_uri, "RFC 9112 §3.2":
        requests(b"GET ! HTTP/1.1\r\nHost: a\r\n\r\n") => "400";
    a_host_that_is_empty, "RFC 9112 §3.2":
        requests(b"GET / HTTP/1.1\r\nHost:\r\n\r\n") => "GET /|Host= end left ";

    // Headers.
    whitespace_around_values, "RFC 9112 §5.1":
        requests(b"GET / HTTP/1.1\r\nhoSt:\ta \t\r\nA:\r\nB: \t \r\nC:d e\t f\r\n\r\n")
        => "GET /|hoSt=a|A=|B=|C=d e\\t f end left ";
    other_characters_in_values, "RFC 9110 §5.5":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nA: D\xfcssel\x80\xff\r\n\r\n")
        => "GET /|Host=a|A=D\\xfcssel\\x80\\xff end left ";
    every_token_character_in_names, "RFC 9110 §5.6.2":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n")
        => "GET /|Host=a|!#$%&\\'*+-.^_`|~09azAZ=b end left ";
    a_colon_in_a_value, "RFC 9112 §5":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nA:: b:\r\n\r\n") => "GET /|Host=a|A=: b: end left ";
    brackets_in_a_name, "RFC 9110 §5.1":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nX-Invalid[]: b\r\n\r\n") => "400";
    a_bell_in_a_value, "RFC 9110 §5.5":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x07\r\n\r\n") => "400";

    // Connections.
    http_1_0_closes, "RFC 9112 §9.3":
        requests(b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        => "GET / last end left GET / HTTP/1.0\\r\\n\\r\\n";
    http_1_0_is_kept, "RFC 9112 §9.3":
        requests(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        => "GET /|Connection=Keep-Alive end GET / last end left ";
    close_among_others, "RFC 9112 §9.6":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x,, Close ,keep-alive\r\n\r\nmore")
        => "GET /|Host=a|Connection=x,, Close ,keep-alive last end left more";
    upgrade_in_http_1_0, "RFC 9110 §7.8":
        requests(b"GET / HTTP/1.0\r\nConnection: upgrade, keep-alive\r\nUpgrade: x\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        => "GET /|Connection=upgrade, keep-alive|Upgrade=x end GET / last end left ";

    // Bodies.
    chunks_with_extensions_and_trailers, "RFC 9112 §7.1":
        requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
            5;a=\"; \\\"\\r\";b\r\nhello\r\n0000000000000000000A\r\n0123456789\r\n00;c=d\r\nA: b\r\nC: d\r\n\r\n")
        => "POST /|Host=a|Transfer-Encoding=chunked [hello] [0123456789] +2 end left ";
    the_greatest_chunk, "RFC 9112 §7.1":
        requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab")
        => "POST /|Host=a|Transfer-Encoding=chunked [ab] 0";
    a_chunk_that_is_greater, "RFC 9112 §7.1":
        requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nab")
        => "POST /|Host=a|Transfer-Encoding=chunked 400";
    chunk_sizes_of_other_notations, "RFC 9112 §7.1":
        ["0x2", "+2", "-2", "2_0", " 2", "2 ", "\t2", "", "2,", "2.0"].map(|size| {
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            requests(format!("{head}{size}\r\nab\r\n0\r\n\r\n").as_bytes()).ends_with(" 400")
        }) => [true; 10];
    data_longer_than_its_chunk, "RFC 9112 §7.1":
        requests(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n")
        => "POST /|Host=a|Transfer-Encoding=chunked [ab] 400";
    a_body_of_get, "RFC 9110 §9.3.1":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        => "GET /|Host=a|Content-Length=2 [hi] end left ";
    an_expectation_without_a_body, "RFC 9110 §10.1.1":
        requests(b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        => "GET /|Host=a|Expect=100-continue end left ";
    a_body_that_does_not_wait, "RFC 9110 §10.1.1":
        requests(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi")
        => "PUT /|Host=a|Expect=100-Continue|Content-Length=2 [hi] end left ";
    an_unknown_coding, "RFC 9112 §6.1":
        requests(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br, chunked\r\n\r\n") => "501";

    // Responses.
    no_body_behind_head_204_and_304, "RFC 9112 §6.3":
        responses(&["HEAD", "GET", "GET", "GET"], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n\
            HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n\
            HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")
        => "200 end 204 end 304 end 205 end left ";
    informational_responses, "RFC 9110 §15.2":
        responses(&["GET"], b"HTTP/1.1 102 A\r\nContent-Length: 5\r\n\r\nHTTP/1.1 103 B\r\n\r\n\
            HTTP/1.1 199 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!")
        => "(102) (103) (199) 200 [!] end left ";
    a_switch_that_nobody_offered, "RFC 9110 §15.2.2":
        responses(&["GET"], b"HTTP/1.1 101 A\r\nUpgrade: x\r\n\r\n") => "RFC 9110 §7.8";
    answers_to_connect, "RFC 9110 §9.3.6":
        responses(&["CONNECT"], b"HTTP/1.1 299 A\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nrest")
        => "switched 299 left rest";
    a_refused_connect, "RFC 9112 §6.3":
        responses(&["CONNECT", ], b"HTTP/1.1 502 A\r\nContent-Length: 2\r\n\r\nno") => "502 [no] end left ";
    a_body_up_to_the_end, "RFC 9112 §6.3":
        responses(&["GET"], b"HTTP/1.1 200 OK\r\n\r\nall of it") => "200 [all of it] end left ";
    a_body_that_is_cut_short, "RFC 9112 §8":
        responses(&["GET"], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi") => "200 [hi] cut short";
    chunks_that_are_cut_short, "RFC 9112 §8":
        responses(&["GET"], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
        => "200 [hi] cut short";
    an_empty_reason, "RFC 9112 §4":
        responses(&["GET"], b"HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n") => "404 end left ";
    a_status_of_no_class, "RFC 9110 §15":
        responses(&["GET"], b"HTTP/1.1 999 A\r\nContent-Length: 0\r\n\r\n") => "999 end left ";
    more_than_was_asked_for, "RFC 9112 §9.2":
        responses(&["GET"], b"HTTP/1.1 204 A\r\n\r\nHTTP/1.1 204 A\r\n\r\n") => "204 end RFC 9112 §9.2";
}

/// RFC 9112 §3.2.2: the authority of an absolute form goes before the `Host`.
#[test]
fn who_is_asked_for_in_absolute_form() {
    let expected = Target::Absolute { scheme: "http", authority: "b:8", rest: "/c?d" };
    assert_eq!(Target::read("http://b:8/c?d"), Some(expected));
}
