-- Walks an editor through a profile: problems, what a call is, words as one types, a fix, the layout.
-- Neovim's own client does all that; what it saw goes to the file $SEEN as JSON.
local seen = {}
local FILE, CALLGATE, SEEN = os.getenv("PROFILE"), os.getenv("CALLGATE"), os.getenv("SEEN")
local PATIENCE = 20000

vim.cmd("edit " .. FILE)
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
    cmd = { CALLGATE, "lsp", "--native", "x86_64", "--target", "docker@28" },
    name = "callgate",
    root_dir = vim.fn.getcwd(),
})
vim.lsp.buf_attach_client(buffer, client)

local function found()
    local all = {}
    for _, each in ipairs(vim.diagnostic.get(buffer)) do
        local code = each.code or each.user_data.lsp.code
        all[#all + 1] = { code = code, line = each.lnum, column = each.col, severity = each.severity, message = each.message }
    end
    return all
end

local function has(code)
    for _, each in ipairs(found()) do
        if each.code == code then
            return true
        end
    end
    return false
end

local function expect(what, holds)
    if not vim.wait(PATIENCE, holds, 20) then
        seen.failed = what
        vim.fn.writefile({ vim.fn.json_encode(seen) }, SEEN)
        vim.cmd("cquit")
    end
end

-- The place right behind some words: its line and byte, and as the protocol has it.
local function behind(words)
    for line, text in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
        local _, byte = text:find(words, 1, true)
        if byte then
            local _, column = vim.str_utfindex(text, byte)
            return line - 1, byte, { line = line - 1, character = column }
        end
    end
end

local function place(words)
    local _, _, position = behind(words)
    return position
end

local function ask(method, params)
    params.textDocument = vim.lsp.util.make_text_document_params(buffer)
    local answers = vim.lsp.buf_request_sync(buffer, method, params, PATIENCE)
    local answer = answers and answers[client]
    if not answer then
        seen.failed = method
        return nil
    end
    return answer.error and { error = answer.error.message } or answer.result
end

-- Problems of what was opened.
expect("a problem", function() return has("CG110") end)
seen.opened = found()

-- What a call is, behind letters of two units.
seen.hover = ask("textDocument/hover", { position = place('"chmo') }).contents.value
seen.field = ask("textDocument/hover", { position = place('"defaultAc') }).contents.value

-- The fix of a wrong name, which is proved.
local wrong = place('"fchmdo')
local changes = ask("textDocument/codeAction", { range = { start = wrong, ["end"] = wrong }, context = { diagnostics = {} } })
seen.changes = {}
for _, change in ipairs(changes) do
    seen.changes[#seen.changes + 1] = { title = change.title, preferred = change.isPreferred }
    if change.isPreferred then
        vim.lsp.util.apply_workspace_edit(change.edit, "utf-16")
    end
end
expect("no problem any more", function() return not has("CG110") end)
seen.mended = found()

-- Another answer for a call, as `callgate allow` edits, and back again.
local function rewrites(words)
    local there = place(words)
    local context = { diagnostics = {}, only = { "refactor" } }
    return ask("textDocument/codeAction", { range = { start = there, ["end"] = there }, context = context })
end
local before = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
seen.rewrites = {}
for _, change in ipairs(rewrites('"chmo')) do
    seen.rewrites[#seen.rewrites + 1] = { title = change.title, kind = change.kind }
    vim.lsp.util.apply_workspace_edit(change.edit, "utf-16")
end
seen.allowed = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
vim.api.nvim_buf_set_lines(buffer, 0, -1, false, before)

-- A word that is not finished.
local line, byte = behind('"names": [')
vim.api.nvim_buf_set_text(buffer, line, byte, line, byte, { '"fchow', '' })
local items = ask("textDocument/completion", { position = place('"fchow') })
local words, edit = {}, nil
for _, item in ipairs(items) do
    words[#words + 1] = item.label
    if item.label == "fchown" then
        seen.detail = item.detail
        edit = item.textEdit
    end
end
seen.words = #words
vim.lsp.util.apply_text_edits({ edit }, buffer, "utf-16")
seen.typed = vim.api.nvim_buf_get_lines(buffer, line, line + 1, false)[1]
-- It can't be laid out before it is finished.
seen.refused = ask("textDocument/formatting", { options = { tabSize = 4, insertSpaces = false } }).error
vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { (seen.typed .. '",') })

local edits = ask("textDocument/formatting", { options = { tabSize = 4, insertSpaces = false } })
vim.lsp.util.apply_text_edits(edits, buffer, "utf-16")
seen.laid_out = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")

vim.lsp.stop_client(client)
expect("the end", function() return vim.lsp.get_client_by_id(client) == nil end)
vim.fn.writefile({ vim.fn.json_encode(seen) }, SEEN)
vim.cmd("qall!")
