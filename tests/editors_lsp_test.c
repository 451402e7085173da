/* Real editors with the configurations of src/faces/lsp/EDITORS.md as they stand there: a
 * Dockerfile is opened, its finding seen, its fix taken, the rest fixed as it is saved; saved twice
 * it is what `dfix --fix -` makes of it, byte for byte. */
#include "program.h"

#include "host/files.h"

static const char dockerfile[] =
    "FROM debian:bookworm\nRUN echo \"\xf0\x9f\x98\x80\" && apt-get install curl git\nUSER 1000\n";

/* The first block below the heading. */
static struct str block_of(const char *heading)
{
    struct str text, rest;
    struct err e;

    assert_true(file_read(arena, DFIX_ROOT "/src/faces/lsp/EDITORS.md", 1 << 20, &text, &e));
    ptrdiff_t at = str_find(text, str_fmt(arena, "### %s", heading));
    assert_true(at >= 0);
    rest = str_from(text, (size_t)at);
    at = str_find(rest, S("\n```"));
    assert_true(at >= 0);
    rest = str_from(rest, (size_t)at + 1);
    rest = str_from(rest, (size_t)str_chr(rest, '\n') + 1);
    return str_sub(rest, 0, (size_t)str_find(rest, S("\n```")) + 1);
}

static int set_up(void **state)
{
    program_set_up_warm(state);
    sandbox_write(&box, "work/bin/dfix",
                  str_fmt(arena, "#!/bin/sh\nexec '%s/dfix' --offline \"$@\"\n", DFIX_BUILD));
    assert_int_equal(shell("chmod +x bin/dfix; mkdir .git"), 0);
    put("Dockerfile", dockerfile);
    return 0;
}

/* The editor has written what it saw to `said`. */
static void run_editor(const char *command, bool sees)
{
    assert_int_equal(shell("dfix --fix - < Dockerfile"), 0);
    const char *fixed = out();
    assert_non_null(strstr(fixed, "\"git=1:2.39.*\""));
    int status = shell(
        "unset -f dfix; export PATH=$PWD/bin:$PATH HOME=$PWD; timeout 300 %s </dev/null", command);
    if (strcmp(get("Dockerfile"), fixed) != 0)
        fail_msg("%s ended with %d: %s%s\n--- got\n%s--- want\n%s--- it saw\n%s", command, status,
                 out(), err(), get("Dockerfile"), fixed, get("said"));
    if (sees && (!strstr(get("said"), "DL3008") || !strstr(get("said"), "DL3014")))
        fail_msg("%s saw: %s", command, get("said"));
}

/* As needs() of programs. */
static void lacks(const char *package)
{
    const char *ci = getenv("CI");

    if (ci && strcmp(ci, "true") == 0)
        fail_msg("%s is not installed, and CI is true", package);
    print_message("skipped: %s is not installed\n", package);
    skip();
}

static void neovim_with_the_server(void **state)
{
    static const char script[] =
        "vim.cmd('filetype on | edit Dockerfile')\n"
        "assert(vim.wait(20000, function() return #vim.diagnostic.get(0) > 1 end))\n"
        "local said = io.open('said', 'w')\n"
        "for _, d in ipairs(vim.diagnostic.get(0)) do said:write(d.code .. '\\n') end\n"
        "said:close()\n"
        "local params = vim.lsp.util.make_range_params()\n"
        "params.range = { start = { line = 1, character = 0 }, ['end'] = { line = 1, character = "
        "30 "
        "} }\n"
        "params.context = { diagnostics = {}, only = { 'quickfix' } }\n"
        "local all = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 5000)\n"
        "for _, answer in pairs(all) do\n"
        "  local first = answer.result[1]\n"
        "  local one = vim.lsp.buf_request_sync(0, 'codeAction/resolve', first, 5000)\n"
        "  for _, resolved in pairs(one) do\n"
        "    vim.lsp.util.apply_workspace_edit(resolved.result.edit, 'utf-16')\n"
        "  end\n"
        "end\n"
        "assert(vim.api.nvim_buf_get_lines(0, 1, 2, false)[1]:find('install %-y curl git'))\n"
        "vim.cmd('write | write | quitall')\n";

    (void)state;
    needs("nvim");
    sandbox_write(&box, "work/init.lua", block_of("Neovim: the server"));
    put("script.lua", script);
    run_editor("nvim --headless -n -i NONE -u init.lua -c 'luafile script.lua' -c cquit", true);
}

static void vim_with_the_filter(void **state)
{
    (void)state;
    needs("vim");
    sandbox_write(&box, "work/vimrc", block_of("Vim: the filter"));
    run_editor("vim --not-a-term -T dumb -n -i NONE -N -u vimrc -c 'write | write | quitall' "
               "Dockerfile",
               false);
}

static void vim_with_ale(void **state)
{
    static const char script[] =
        "filetype on\nedit Dockerfile\n"
        "for i in range(200)\n"
        "  if len(ale#engine#GetLoclist(bufnr(''))) > 1 | break | endif\n  sleep 100m\n"
        "endfor\n"
        "call writefile(map(copy(ale#engine#GetLoclist(bufnr(''))), {_, x -> x.code}), 'said')\n"
        "write\n"
        "for i in range(200)\n"
        "  if join(readfile('Dockerfile')) =~# 'git=' | break | endif\n  sleep 100m\n"
        "endfor\n"
        "write\nsleep 500m\nquitall!\n";
    struct buf rc = {.arena = arena};

    (void)state;
    needs("vim");
    if (access("/usr/share/vim-ale/plugin/ale.vim", R_OK) != 0) {
        lacks("vim-ale");
    }
    buf_add(&rc, S("set nocompatible\npackadd ale\n"));
    buf_add(&rc, block_of("Vim: ALE"));
    sandbox_write(&box, "work/vimrc", buf_str(&rc));
    put("script.vim", script);
    run_editor("vim --not-a-term -T dumb -n -i NONE -u vimrc -S script.vim", true);
}

static const char emacs[] = "emacs --batch --eval '(package-initialize)' -l config.el -l script.el";

static void with_emacs(const char *heading, const char *package, const char *script)
{
    needs("emacs");
    if (shell("emacs --batch --eval '(package-initialize)' --eval \"(progn (require "
              "'dockerfile-mode) "
              "(require '%s))\"",
              package) != 0) {
        lacks(package);
    }
    sandbox_write(&box, "work/config.el", block_of(heading));
    put("script.el", script);
    run_editor(emacs, true);
}

static void emacs_with_eglot(void **state)
{
    static const char script[] =
        "(setq make-backup-files nil enable-local-variables nil)\n"
        "(require 'dockerfile-mode)(require 'eglot)\n"
        "(find-file \"Dockerfile\")\n"
        "(run-hooks 'post-command-hook)\n"
        "(let ((n 0)) (while (and (< n 200) (not (eglot-current-server)))\n"
        "  (accept-process-output nil 0.1) (setq n (1+ n))))\n"
        "(flymake-mode 1)(flymake-start)\n"
        "(let ((n 0)) (while (and (< n 200) (< (length (flymake-diagnostics)) 2))\n"
        "  (accept-process-output nil 0.1) (setq n (1+ n))))\n"
        "(with-temp-file \"said\" (dolist (d (with-current-buffer \"Dockerfile\" "
        "(flymake-diagnostics))) (insert (format \"%S\\n\" (flymake-diagnostic-text d)))))\n"
        "(let* ((all (eglot-code-actions 22 50 \"quickfix\"))\n"
        "       (first (seq-find (lambda (a) (string-match \"Add -y\" (plist-get a :title))) "
        "all)))\n"
        "  (eglot--apply-workspace-edit (plist-get first :edit)))\n"
        "(unless (string-match \"install -y curl git\" (buffer-string)) (error \"no fix: %S\" "
        "(buffer-string)))\n"
        "(save-buffer)(set-buffer-modified-p t)(save-buffer)\n";

    (void)state;
    with_emacs("Emacs: eglot", "eglot", script);
}

static void emacs_with_lsp_mode(void **state)
{
    static const char script[] =
        "(setq make-backup-files nil lsp-auto-guess-root t lsp-enable-snippet nil\n"
        "      lsp-keep-workspace-alive nil lsp-modeline-code-actions-enable nil)\n"
        "(require 'dockerfile-mode)(require 'lsp-mode)\n"
        "(find-file \"Dockerfile\")\n"
        "(let ((n 0)) (while (and (< n 200) (< (length (lsp--get-buffer-diagnostics)) 2))\n"
        "  (accept-process-output nil 0.1) (setq n (1+ n))))\n"
        "(let ((all (lsp--get-buffer-diagnostics)))\n"
        "  (with-temp-file \"said\" (dolist (d all) (insert (format \"%s\\n\" "
        "(lsp:diagnostic-code? d))))))\n"
        "(goto-char (point-min))(search-forward \"apt-get\")\n"
        "(let ((first (seq-find (lambda (a) (string-match \"Add -y\" (lsp:code-action-title a)))\n"
        "                       (lsp-code-actions-at-point))))\n"
        "  (lsp-execute-code-action first))\n"
        "(unless (string-match \"install -y curl git\" (buffer-string)) (error \"no fix: %S\" "
        "(buffer-string)))\n"
        "(save-buffer)(set-buffer-modified-p t)(save-buffer)\n";

    (void)state;
    /* Before 8.0.1 it counts code points, whatever was agreed on. */
    put("Dockerfile", "FROM debian:bookworm\nRUN echo \"\xc3\xa9\" && apt-get install curl git\n"
                      "USER 1000\n");
    with_emacs("Emacs: lsp-mode", "lsp-mode", script);
}

static void kakoune_with_the_filter(void **state)
{
    (void)state;
    needs("kak");
    sandbox_write(&box, "work/kakrc", block_of("Kakoune: the filter"));
    run_editor("kak -n -ui dummy -e 'source /usr/share/kak/rc/tools/format.kak; source kakrc; "
               "edit Dockerfile; write; write; quit'",
               false);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(neovim_with_the_server), CASE(vim_with_the_filter), CASE(vim_with_ale),
        CASE(emacs_with_eglot),       CASE(emacs_with_lsp_mode), CASE(kakoune_with_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
