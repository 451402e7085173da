# examples.awk - from golden/*/*.txt, for each rule, a case of middling size that changes something, or
# else one that finds something, as a C table: what a rule does, shown by a test of it.
# A case that is called "example" comes before all others.

BEGIN { MIDDLING = 260 } # bytes, before and after

function quoted(s) {
    gsub(/\\/, "&&", s)
    gsub(/"/, "\\\"", s)
    gsub(/\t/, "\\t", s)
    gsub(/\?/, "\\?", s)
    gsub(/\n/, "\\n\"\n        \"", s)
    return "\"" s "\""
}

# Is this case a better one to show than what is there?
function weigh(    size, rank) {
    if (!("in" in part) || odd || part["in"] ~ /[^ -~\n\t]/ || part["in"] ~ /<</)
        return
    rank = ("out" in part && part["out"] != part["in"]) ? 0 : 1
    if (rank && part["notes"] !~ /: hint: /)
        return
    if (name == "example")
        rank = -1
    size = length(part["in"]) + length(part["out"]) - MIDDLING
    size = rank * 100000 + (size < 0 ? -2 * size : size)
    if (rule in best && best[rule] <= size)
        return
    best[rule] = size
    before[rule] = part["in"]
    after[rule] = rank == 1 ? "" : part["out"]
}

function finish() {
    if (name != "")
        weigh()
    name = at = ""
    odd = 0
    split("", part)
}

FNR == 1 {
    finish()
    n = split(FILENAME, path, "/")
    if (!(path[n - 1] in known)) {
        known[path[n - 1]] = 1
        order[++rules] = path[n - 1]
    }
    rule = path[n - 1]
}
/^=== / {
    finish()
    name = substr($0, 5)
    next
}
/^== / {
    at = $2
    if (name != "" && $3 != "")
        odd = 1 # no newline, or CR LF
    if (name != "")
        part[at] = ""
    next
}
name != "" && at != "" { part[at] = part[at] $0 "\n" }

END {
    finish()
    print "/* Made by examples.awk from golden/. */"
    print "#include \"faces/cli/examples.h\"\n"
    print "const struct example examples[] = {"
    for (i = 1; i <= rules; i++)
        if (order[i] in before)
            printf "    {\"%s\",\n        %s,\n        %s},\n", order[i], quoted(before[order[i]]),
                quoted(after[order[i]])
    print "    {0, 0, 0},\n};"
}
