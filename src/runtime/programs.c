/* What a container runs: a program of its own, or only what people work in. A name in a table
 * here keeps an image from being given a user, never the other way. */
#include "runtime/start.h"

static const char shells[] =
    "pwsh-preview sh bash dash ash ksh zsh fish csh tcsh mksh pwsh powershell busybox "
    "cmd cmd.exe powershell.exe login tmux screen";
/* Desktop programs: they want the user whose screen it is. */
static const char desktops[] =
    "firefox firefox-esr chromium chromium-browser google-chrome evolution thunderbird gimp "
    "inkscape libreoffice soffice vlc audacity blender spotify skype slack discord code atom "
    "subl sublime_text eclipse netbeans idea.sh pycharm.sh clion.sh webstorm.sh android-studio "
    "studio.sh virt-viewer virt-manager wireshark oracle-sqldeveloper dbeaver filezilla xterm "
    "gnome-terminal gedit nautilus pcmanfm xeyes xclock startx startxfce4 openbox i3 telegram "
    "zoom steam wine winecfg kicad arduino qtcreator texstudio geany meld okular evince remmina";
/* Servers that come as a start script in a folder of their own, which they write to. */
static const char packed[] = "elasticsearch logstash kibana cassandra neo4j zookeeper artemis "
                             "activemq nexus sonar";
/* They wait for input when they are given nothing to run. */
static const char repls[] =
    "python python2 python3 pypy pypy3 ipython ipython3 node nodejs deno bun irb pry ruby ghci "
    "stack R r julia php perl lua luajit scala amm jshell java groovysh groovy erl iex sbcl clj "
    "clojure "
    "lein guile racket ocaml utop swift dart gdb lldb psql mysql sqlite3 redis-cli mongo mongosh "
    "tclsh octave gp sage maxima gnuplot bpython bc dotnet sbt";
/* They end at once, wait, or show something. */
static const char idlers[] =
    "sleep tail cat true false : echo printf ls pwd env printenv id whoami uname date [ test read "
    "wait top htop watch man less more vi vim nvim nano emacs exit pause yes head hostname which "
    "cd export set unset trap source . shift ulimit umask local return break continue kill "
    "basename dirname sort uniq cut tr nl seq md5sum sha256sum column";
/* They work on a source tree, which is mounted or was copied to be built and tested. */
static const char tools[] =
    "make gmake ninja cmake ctest meson bazel bazelisk gcc g++ cc c++ clang clang++ rustc cargo "
    "cross go mvn mvnw gradle gradlew ant javac tox nox pytest py.test nosetests phpunit rspec "
    "rubocop jest mocha karma cypress playwright eslint prettier tsc golangci-lint pre-commit "
    "shellcheck hadolint flake8 mypy pylint black isort ruff yamllint markdownlint ansible-lint "
    "tflint terraform packer ansible ansible-playbook git hugo jekyll mkdocs mdbook pdflatex "
    "latexmk xelatex pandoc sphinx-build conan vcpkg swiftlint buf protoc rake tests.sh "
    "qmake autoreconf configure busted pip pip2 pip3 gem easy_install apt apt-get apk yum dnf tar "
    "zip "
    "unzip cp mv rm mkdir rmdir ln chmod touch gzip xz bzip2 rsync scp sftp ssh ssh-keygen curl "
    "wget "
    "openssl jq yq sed awk gawk grep find xargs diff patch file stat du df wc sort tee "
    "ssh-agent ipython ipython3 jupyter jupyter-lab jupyter-notebook jupyterhub-singleuser "
    "code-server grunt gulp webpack "
    "webpack-dev-server vite ng vue-cli-service gatsby nodemon ts-node-dev react-scripts parcel "
    "browser-sync live-server start-storybook expo ionic cordova "
    "run-tests.sh run_tests.sh test.sh build.sh compile.sh ci.sh lint.sh";
/* npm test, npm run build; go, cargo and dotnet are told apart by their first word, too. */
static const char runners[] =
    "npm yarn pnpm npx bun composer bundle mix dotnet deno poetry pipenv "
    "uv sbt lein stack rails php next nuxt nuxi astro remix svelte-kit blitz gatsby";
static const char tasks[] =
    "test tests serve dev develop watch serve:dev start:dev storybook build lint compile check fmt "
    "format ci install update release publish pack package "
    "e2e coverage rspec jest eslint phpunit pytest tox rake console dev:build bash sh shell";
static const char helps[] = "--help -h help --version version -version -V --usage -?";
/* Names of start scripts without an ending. */
static const char scripts[] =
    "control entrypoint docker-entrypoint start run init boot launch startup "
    "bootstrap start-container docker-start container-start";

struct found {
    enum starts starts;
    struct str what;    /* UNREAD: why, for people; else the program */
    struct str script;  /* UNREAD: the script that would tell; "" none */
    struct str package; /* PROGRAM: the script of package.json that it runs; "" none */
};

static bool is_known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

/* A folder of the path says nothing; `python3.11`, `gcc-12` do as their name without version. */
static struct str program_name(struct arena *a, struct str word)
{
    struct str name = path_basename(word);
    size_t n = name.n;

    while (n && ((name.p[n - 1] >= '0' && name.p[n - 1] <= '9') || name.p[n - 1] == '.' ||
                 name.p[n - 1] == '-'))
        n--;
    bool version = n && n < name.n && str_chr(str_from(name, n), '.') != STR_NONE;
    return version ? str_dup(a, str_sub(name, 0, n)) : name;
}

/* Is there anything but options, of which those of one letter may take the next word's place? */
static bool has_operand(const struct field *f, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        if (!is_known(&f[i]))
            return true;
        if (word.n && word.p[0] != '-' && word.p[0] != '+')
            return true;
        if (word_is_one_of(word, "-c -e -m -S -jar --eval -x -f"))
            return true;
    }
    return false;
}

static bool only_helps(const struct field *f, size_t n)
{
    bool ends = n > 1 && is_known(&f[n - 1]) && word_is_one_of(f[n - 1].value.text, "--help -h");

    for (size_t i = 1; i < n && !ends; i++)
        if (!is_known(&f[i]) || !word_is_one_of(f[i].value.text, helps))
            return false;
    return n > 1;
}

static bool runs_task(struct str name, const struct field *f, size_t n)
{
    size_t i = 1;

    if (!word_is_one_of(name, runners))
        return false;
    while (i < n && is_known(&f[i]) &&
           (str_starts(f[i].value.text, S("-")) ||
            word_is_one_of(f[i].value.text, "run run-script exec")))
        i++;
    if (i == n || !is_known(&f[i]))
        return false;
    struct str task = f[i].value.text;
    ptrdiff_t colon = str_chr(task, ':');
    return word_is_one_of(path_basename(task), tasks) ||
           (colon != STR_NONE && word_is_one_of(str_sub(task, 0, (size_t)colon), tasks));
}

/* `go run .`, `cargo run` start the program, all else builds. */
static bool runs_program(struct str name, const struct field *f, size_t n)
{
    return word_is_one_of(name, "go cargo gradle gradlew mvn mvnw bazel") && n > 1 &&
           is_known(&f[1]) &&
           (word_is_one_of(f[1].value.text, "run bootRun spring-boot:run exec:java") ||
            word_is_one_of(f[n - 1].value.text, "run bootRun spring-boot:run exec:java"));
}

static bool is_script(struct str word)
{
    struct str name = path_basename(word);

    return str_ends(name, S(".sh")) || str_ends(name, S(".bash")) || str_ends(name, S(".ash")) ||
           word_is_one_of(name, scripts) || str_ends(name, S("-entrypoint")) ||
           str_ends(name, S("_entrypoint"));
}

static struct found unread(struct str why)
{
    return (struct found){STARTS_UNREAD, why, S(""), S("")};
}

static struct found of_shell(const struct field *f, size_t n)
{
    struct str script = script_path(f, n, true);

    if (!has_operand(f, n))
        return (struct found){STARTS_SHELL, path_basename(f[0].value.text), S(""), S("")};
    struct found found = unread(S("what its shell runs is known only at run time"));
    found.script = script;
    return found;
}

/* Not one of the same name that the file puts elsewhere. */
static bool is_systems(struct str word)
{
    return str_chr(word, '/') == STR_NONE || str_starts(word, S("/bin/")) ||
           str_starts(word, S("/usr/bin/"));
}

static enum starts of_name(struct str name, struct str word, const struct field *f, size_t n)
{
    struct str base = path_basename(word);

    if (word_is_one_of(name, repls) && !has_operand(f, n))
        return only_helps(f, n) ? STARTS_TOOL : STARTS_SHELL;
    if ((word_is_one_of(base, idlers) && is_systems(word)) || word_is_one_of(base, desktops))
        return STARTS_SHELL;
    bool tool = word_is_one_of(name, tools) || (!str_eq(name, base) && word_is_one_of(base, tools));
    if (only_helps(f, n) || runs_task(name, f, n) || (tool && !runs_program(name, f, n)))
        return STARTS_TOOL;
    return is_script(word) || word_is_one_of(base, packed) ? STARTS_UNREAD : STARTS_PROGRAM;
}

/* A script among the arguments: `wait-for db:5432 -- ./start.sh`, `python entrypoint.py`. */
static struct str script_among(const struct field *f, size_t n)
{
    static const char prepare[] = "entrypoint docker-entrypoint docker_entrypoint init bootstrap "
                                  "boot setup";

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text, name = path_basename(word);
        ptrdiff_t dot = str_rchr(name, '.');
        if (!is_known(&f[i]) || str_starts(word, S("-")))
            continue;
        if (str_ends(name, S(".sh")) ||
            (i == 1 && dot > 0 && word_is_one_of(str_sub(name, 0, (size_t)dot), prepare)))
            return word;
    }
    return S("");
}

/* `jupyter --allow-root`, `chromium --no-sandbox`: who wrote that has seen it run as root. */
static bool wants_root(const struct field *f, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (is_known(&f[i]) &&
            word_is_one_of(f[i].value.text, "--allow-root --allow-run-as-root --user=root "
                                            "--no-sandbox --unsafe-perm --privileged "
                                            "--allow-superuser"))
            return true;
    return false;
}

static struct found of_program(struct arena *a, const struct field *f, size_t n)
{
    struct str word = f[0].value.text, base = path_basename(word), name = program_name(a, word);

    if (word_is_one_of(name, shells))
        return of_shell(f, n);
    enum starts starts = of_name(name, word, f, n);
    struct str script = starts == STARTS_UNREAD ? word : S("");
    if (starts == STARTS_PROGRAM)
        script = script_among(f, n);
    if (starts == STARTS_PROGRAM && wants_root(f, n))
        return unread(str_fmt(a, STR_FMT " is told to run as root", STR_ARG(base)));
    struct found found = {script.n ? STARTS_UNREAD : starts, base, script, S("")};
    if (starts == STARTS_PROGRAM && !package_script_name(f, n, &found.package))
        found.package = S("");
    return found;
}

static struct found of_command(struct arena *a, const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    if (command_text(c))
        return unread(S("what its shell runs is known only at run time"));
    if (!n || command_starts_another(c))
        return (struct found){STARTS_NOTHING, S(""), S(""), S("")};
    if (!is_known(f))
        return unread(S("which program it starts is known only at build time or run time"));
    if ((c->wrappers & WRAP_EXEC_FORM) && n == 1 && str_chr(f->value.text, ' ') != STR_NONE)
        return unread(S("it starts one word with blanks in it, which is no program"));
    return of_program(a, f, n);
}

/* Of several commands the one that is most of a program decides. */
static struct found of_commands(struct arena *a, struct command_list all)
{
    struct found most = {STARTS_NOTHING, S(""), S(""), S("")};

    for (size_t i = 0; i < all.n; i++) {
        if (command_holds(&all.v[i])) /* its text's commands follow */
            continue;
        struct found this = of_command(a, &all.v[i]);
        most = this.starts >= most.starts ? this : most;
    }
    return most;
}

/* ---- start scripts ---- */

/* Start scripts that official images bring, and that only start their arguments. */
static bool is_of_base(const struct started *s, struct str name)
{
    static const char brought[] =
        "docker-entrypoint.sh docker-php-entrypoint __cacert_entrypoint.sh";
    const struct stage *stage = &s->im->stage[s->stage];

    return stage->known.user_known && !stage->known.drops_root && word_is_one_of(name, brought) &&
           !image_stage_says(s->im, s->stage, str_fmt(s->arena, "/" STR_FMT, STR_ARG(name)));
}

/* Only `"$@"` of the script, which are the words of CMD, is what its author did not write there. */
static bool hands_on(struct str text)
{
    return str_find(text, S("$@")) != STR_NONE || str_find(text, S("$*")) != STR_NONE;
}

static struct found of_script_text(const struct started *s, struct str path, struct str text)
{
    struct command_list all;

    if (!script_is_shells(text))
        return (struct found){STARTS_PROGRAM, path_basename(path), S(""), S("")};
    if (!commands_of_text(s->arena, text, &all))
        return unread(str_fmt(s->arena, STR_FMT " cannot be parsed to its end", STR_ARG(path)));
    struct found found = of_commands(s->arena, all);
    if (found.starts == STARTS_UNREAD)
        found.what =
            str_fmt(s->arena, "the program that " STR_FMT " starts is not in the build context",
                    STR_ARG(path));
    found.script = S("");
    return found;
}

/* `npm start` is what package.json says. */
static struct found of_package(const struct started *s, struct found npm)
{
    struct command_list all;
    struct str text;
    bool at_hand;

    if (!package_script_text(s, npm.package, &at_hand, &text))
        return unread(at_hand ? str_fmt(s->arena, "package.json has no plain script `" STR_FMT "`",
                                        STR_ARG(npm.package))
                              : S("package.json, which says what it starts, is not in the build "
                                  "context"));
    if (!commands_of_text(s->arena, text, &all))
        return unread(S("its script in package.json cannot be parsed to its end"));
    struct found found = of_commands(s->arena, all);
    if (found.starts == STARTS_UNREAD || found.package.n)
        return unread(str_fmt(s->arena,
                              "what the script `" STR_FMT "` of package.json starts cannot be "
                              "followed",
                              STR_ARG(npm.package)));
    return found;
}

static struct found of_script(const struct started *s, struct str path)
{
    struct str text;
    bool read = started_text(s, path, &text);

    if (!read && !is_of_base(s, path_basename(path)))
        return unread(str_fmt(s->arena, STR_FMT " is not in the build context", STR_ARG(path)));
    if (read && !hands_on(text))
        return of_script_text(s, path, text);
    if (s->entrypoint && s->command)
        return of_commands(s->arena, started_commands(s, s->command));
    return unread(str_fmt(s->arena,
                          "the program that " STR_FMT " starts is chosen when the container starts",
                          STR_ARG(path)));
}

/* ---- the stage ---- */

/* The base's ENTRYPOINT gets the words of the file's CMD: does it only start them? */
static bool base_starts_command(const struct started *s)
{
    const struct stage *stage = &s->im->stage[s->stage];
    const struct base_facts *facts = s->facts;

    if (stage->base == BASE_SCRATCH || stage->known.user_known)
        return true;
    if (!facts || !facts->nentrypoint)
        return facts != NULL;
    struct command_list all = commands_of_config(s->arena, facts->entrypoint, facts->nentrypoint);
    return all.n == 1 && command_starts_another(all.v);
}

static struct found of_stage(const struct started *s)
{
    node_id first = s->entrypoint ? s->entrypoint : s->command;
    struct found found = {STARTS_NOTHING, S(""), S(""), S("")};

    if (first)
        found = of_commands(s->arena, started_commands(s, first));
    if (found.script.n)
        found = of_script(s, found.script);
    if (found.starts == STARTS_PROGRAM && found.package.n)
        found = of_package(s, found);
    if (found.starts == STARTS_PROGRAM && started_tool(s, &found.what))
        found.starts = STARTS_TOOL;
    if (found.starts == STARTS_PROGRAM && !s->entrypoint && !base_starts_command(s))
        return unread(S("it is unknown what the base image's ENTRYPOINT does with its CMD"));
    return found;
}

/* What a stage starts, once it was asked for. */
struct stage_starts {
    bool known;
    enum starts starts;
    struct str what;
};

enum starts image_starts(const struct image *im, unsigned stage, struct str *what)
{
    const struct image_own *own = image_own(im);
    struct arena *a = own->definitions.arena;

    if (!own->late->starts)
        own->late->starts = arena_new(a, struct stage_starts, im->nstage);
    struct stage_starts *x = &own->late->starts[stage];
    if (!x->known) {
        struct started s = started_of(im, a, stage);
        struct found found = of_stage(&s);
        *x = (struct stage_starts){true, found.starts, found.what};
    }
    *what = x->what;
    return x->starts;
}

/* Does what the base starts by itself look like more than a shell? */
bool image_base_starts_program(const struct image *im, struct arena *a, unsigned stage)
{
    const struct base_facts *facts = im->stage[stage].facts;
    const struct known_image *known = &im->stage[stage].known;
    VEC(struct str) word = {0};

    if (!facts)
        return known->user_known && !user_is_root(known->user);
    for (size_t i = 0; i < facts->nentrypoint; i++)
        vec_push(a, &word, facts->entrypoint[i]);
    for (size_t i = 0; i < facts->ncommand; i++)
        vec_push(a, &word, facts->command[i]);
    enum starts starts = of_commands(a, commands_of_config(a, word.v, word.n)).starts;
    return starts == STARTS_PROGRAM || starts == STARTS_UNREAD;
}
