/** What the process in the terminal may answer, by code. */
export const faultsEn = {
  unknown_code:
    "This is not the code that stands in the terminal. Type it once more; after five wrong ones the process ends.",
  code_used: "This code was used already, and lets one tab in. Press Enter in the terminal for another one.",
  code_guessed:
    "Five wrong codes were typed, so the process in the terminal has ended. Nothing was changed; start it again there, and load this page anew.",
  setup_elsewhere:
    "This tab is not let in any more: another code was used. Press Enter in the terminal for a new one.",
  setup_gone:
    "The process in the terminal has ended. What was done stays: run the same line there again, and load this page anew.",
  hash_differs:
    "These are not the digits of this invitation. Either they were mistyped, or the invitation is not the founder's. Nothing was joined.",
  home_exists:
    "This folder has an organisation already, and keys are never overwritten. Load this page anew, or name another folder in the terminal.",
  bad_input: "Something is not filled in as it should be. Nothing was made.",
  bad_config:
    "Something in the node's settings is wrong. Nothing was changed; the details name each of them.",
  certificate_missing:
    "The certificate or its key is not there yet. Put both files where the details say, and start again.",
  certificate_unreadable:
    "The certificate or its key cannot be read by whoever runs the node. Give that user the right to read both files.",
  certificate_open:
    "Everybody on this machine can read the certificate's key. The details name the line that mends it (chmod 600).",
  certificate_not_now:
    "The certificate is not valid now: it has expired, or begins later. Renew it, or set this machine's clock.",
  certificate_of_another:
    "The certificate is for another host than the node's address says. Others would refuse it; get one for this address.",
  secrets_open:
    "Others on this machine can read the organisation's keys. The details name the line that mends it (chmod).",
  no_network:
    "An organisation that is to run here has not joined this network yet. It takes its invitation first (step 2 of its own page, or aceso join); the details name its folder.",
  no_home:
    "A folder that is named in the terminal holds no organisation yet. The details say which; begin there first.",
  wrong_network:
    "An organisation that is to run here belongs to another network, or is named twice. The details name its folder.",
  no_sources:
    "Nobody is named whom this node could ask for the ledger. Name two in node.json (remote.sources), and start again.",
  engine_elsewhere:
    "This network runs in its founder's process alone. Its operator starts this node there, with --with and this folder.",
  invitation_differs:
    "The invitation in this folder is of another genesis than the node's own: whoever got it cannot join. Move invitation.json away, and hand out genesis.json.",
  interrupted:
    "Joining with a snapshot was interrupted in this folder. Run the same aceso join again: it brings back first what was before.",
  bad_secret:
    "A file of the organisation's keys is missing or damaged. Put it back from your copy of secrets.",
  vault_missing: "The records of this organisation are not there. Put the vault back from its backup.",
  vault_empty:
    "The records of this organisation are empty, although its network knows patients of it. Put the vault back from its backup.",
  look_up_damaged:
    "What finds this organisation's patients is damaged. The details name the command that makes it anew.",
  no_right:
    "Whoever runs this may not look into a folder that is needed. Run it as the user whose folder it is; the details name it.",
  folder_unusable:
    "Nothing can be written in this folder. Give the user who runs this the right to it, or name another folder in the terminal.",
  bad_certificate:
    "The certificate and its key do not fit each other, or one of them is no file of this kind.",
  bad_file: "This is not the file that is wanted here. Nothing was changed.",
  bad_genesis: "This invitation is not as its founder signed it. Ask for it anew.",
  bad_application:
    "One of the applications is refused: two of them share a name or a key, or one does not prove its own. The details say which. Nothing was founded.",
  bad_url:
    "This address does not fit the network: one on this machine is only for networks that were founded on it.",
  network_exists: "This folder belongs to a network already. Another one needs a folder of its own.",
  wrong_engine:
    "This network runs otherwise than this node was made for. A folder of its own is needed for it.",
  wrong_key:
    "The network knows this organisation by other keys than this folder has. Use the folder whose application.json the founder got.",
  snapshot_missing:
    "This network goes on from another one: it is joined at the command line, aceso join with --snapshot.",
  not_permitted: "Only a health authority founds a network.",
  person_exists: "Somebody of this name works here already. Choose another name.",
  port_in_use:
    "The node's port is in use by another process. Stop that one, or change the port in node.json.",
  port_refused:
    "The node may not use this port or address. Choose a port from 1024 on in node.json, or allow it.",
  engine_missing: "CometBFT is not installed on this machine.",
  folder_in_use: "Another process uses this folder. Stop it first.",
  node_unreachable:
    "The node cannot be reached at its own address from here. See that the address leads to this machine.",
  too_large: "This is more than any file of this kind has.",
  other: "That did not work. What was done before stays.",
}

export const faultsZh: Record<keyof typeof faultsEn, string> = {
  unknown_code: "这不是终端中显示的代码。请重新输入；输错五次后进程将结束。",
  code_used: "此代码已使用过，只能让一个标签页进入。请在终端按回车键获取新代码。",
  code_guessed: "已输错五次，终端中的进程已结束。没有任何更改；请在终端重新启动，并重新加载本页。",
  setup_elsewhere: "此标签页已失效：已有人使用了新代码。请在终端按回车键获取新代码。",
  setup_gone: "终端中的进程已结束。已完成的内容会保留：请在终端再次运行同一行，并重新加载本页。",
  hash_differs: "这不是此邀请的数字。可能是输入有误，也可能该邀请并非来自创立者。未加入任何网络。",
  home_exists: "此文件夹中已有机构，密钥从不覆盖。请重新加载本页，或在终端指定另一个文件夹。",
  bad_input: "有内容填写不正确。未生成任何内容。",
  bad_config: "节点的设置中有错误。没有任何更改；详情中列出了每一处。",
  certificate_missing: "证书或其私钥尚未就位。请把两个文件放到详情所示的位置，然后重新启动。",
  certificate_unreadable: "运行节点的用户无法读取证书或其私钥。请授予该用户读取这两个文件的权限。",
  certificate_open: "本机上任何人都能读取证书的私钥。详情中有用于纠正的命令（chmod 600）。",
  certificate_not_now: "证书目前无效：已过期或尚未生效。请更换证书，或校正本机时钟。",
  certificate_of_another: "证书适用的主机与节点地址不同，其他机构会拒绝它。请为此地址申请证书。",
  secrets_open: "本机上的其他人可以读取机构的密钥。详情中有用于纠正的命令（chmod）。",
  no_network:
    "将在此运行的一个机构尚未加入此网络。请先让它接受邀请（其自己页面的第 2 步，或 aceso join）；详情说明是哪个文件夹。",
  no_home: "终端中指定的一个文件夹里还没有机构。详情说明是哪一个；请先在那里开始。",
  wrong_network: "将在此运行的一个机构属于另一个网络，或被指定了两次。详情说明是哪个文件夹。",
  no_sources: "没有指定可供本节点查询账本的机构。请在 node.json（remote.sources）中写明两家，然后重新启动。",
  engine_elsewhere: "此网络仅在创立者的进程中运行。由其运营者在那里用 --with 和此文件夹启动本节点。",
  invitation_differs:
    "此文件夹中的邀请与节点自己的创世文件不符：收到它的机构无法加入。请移走 invitation.json，并分发 genesis.json。",
  interrupted: "此文件夹中带快照的加入被中断。请再次运行同一条 aceso join：它会先恢复原状。",
  bad_secret: "机构的一个密钥文件缺失或损坏。请从您的 secrets 副本中恢复。",
  vault_missing: "本机构的资料不在此处。请从备份中恢复资料库。",
  vault_empty: "本机构的资料为空，而其网络中已有本机构的患者。请从备份中恢复资料库。",
  look_up_damaged: "用于查找本机构患者的数据已损坏。详情中有重新生成它的命令。",
  no_right: "运行者无权查看所需的文件夹。请以该文件夹所有者的身份运行；详情说明是哪一个。",
  folder_unusable: "无法在此文件夹中写入。请授予运行者相应权限，或在终端指定另一个文件夹。",
  bad_certificate: "证书与其私钥不相配，或其中一个不是此类文件。",
  bad_file: "这不是此处需要的文件。没有任何更改。",
  bad_genesis: "此邀请与其创立者签署的内容不符。请重新索取。",
  bad_application:
    "有一份申请被拒绝：两份申请的名称或密钥相同，或其中一份未能证明持有自己的密钥。详情说明是哪一份。网络未创立。",
  bad_url: "此地址与网络不符：本机地址只适用于在本机创立的网络。",
  network_exists: "此文件夹已属于一个网络。加入另一个网络需要另一个文件夹。",
  wrong_engine: "此网络的运行方式与本节点不同。需要为它另建文件夹。",
  wrong_key: "网络所知的本机构密钥与此文件夹中的不同。请使用创立者收到的 application.json 所在的文件夹。",
  snapshot_missing: "此网络承接自另一个网络：请在命令行使用 aceso join 和 --snapshot 加入。",
  not_permitted: "只有卫生主管部门可以创立网络。",
  person_exists: "已有同名人员在此工作。请换一个名称。",
  port_in_use: "节点的端口正被其他进程使用。请停止该进程，或在 node.json 中更改端口。",
  port_refused: "节点不能使用此端口或地址。请在 node.json 中选择 1024 及以上的端口，或予以允许。",
  engine_missing: "本机未安装 CometBFT。",
  folder_in_use: "另一个进程正在使用此文件夹。请先停止它。",
  node_unreachable: "从这里无法通过节点自己的地址访问它。请确认该地址指向本机。",
  too_large: "超出了此类文件的大小。",
  other: "未能完成。此前完成的内容会保留。",
}
